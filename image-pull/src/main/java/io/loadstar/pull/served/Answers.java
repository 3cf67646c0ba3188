package io.loadstar.pull.served;

import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageReference;
import io.loadstar.pull.LayerOutcome;
import io.loadstar.pull.PullException;
import io.loadstar.pull.PullListener;
import io.loadstar.pull.PullReport;
import io.loadstar.pull.PulledLayer;
import java.io.IOException;
import java.nio.channels.ReadableByteChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * What a daemon says of a pull, heard on a thread of its own: who waits for the pull can be
 * interrupted, and the connection is still there. Of one thread, but for that one.
 *
 * <p>Not a virtual thread: sockets of those are watched by a thread that never leaves native code,
 * for which HotSpot waits 300 ms when the process ends (vmOperations.cpp,
 * wait_for_threads_in_native_to_block).
 */
final class Answers {

  private final LineReader in;
  private final ImageReference image;
  private final PullListener listener;
  private final CompletableFuture<Boolean> coming = new CompletableFuture<>();
  private final CompletableFuture<PullReport> report = new CompletableFuture<>();
  private final List<LayerOutcome> layers = new ArrayList<>();

  private Answers(LineReader in, ImageReference image, PullListener listener) {
    this.in = in;
    this.image = image;
    this.listener = listener;
  }

  /** Begins to hear them, until the connection ends. */
  static Answers hear(ReadableByteChannel channel, ImageReference image, PullListener listener) {
    Answers answers = new Answers(new LineReader(channel, Long.MAX_VALUE), image, listener);
    Thread.ofPlatform().daemon().name("answers").start(answers::hear);
    return answers;
  }

  /** Whether the daemon does the pull; that it hasn't said so in time means no. */
  boolean areComing(Duration limit) throws InterruptedException {
    try {
      return coming.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException e) {
      return !coming.complete(false) && coming.join();
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    }
  }

  /**
   * Waits for the end of it.
   *
   * @throws PullException if it fails, or the daemon ends before
   */
  PullReport report() throws PullException, InterruptedException {
    try {
      return report.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof PullException failure) {
        throw failure;
      }
      throw new IllegalStateException(e.getCause());
    }
  }

  /** Waits until the daemon has nothing more to say, or for {@code limit}. */
  void awaitEnd(Duration limit) {
    try {
      var _ = report.get(limit.toNanos(), TimeUnit.NANOSECONDS);
    } catch (TimeoutException | ExecutionException e) {
      // It failed, as it had to; or what is left now, the lease's end takes along.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void hear() {
    try {
      boolean serving = in.read().filter(line -> line.word().equals("serving")).isPresent();
      serving &= coming.complete(serving); // Unless it comes too late.
      while (serving && !report.isDone()) {
        hear(in.read());
      }
    } catch (IOException e) {
      broken("it breaks off: " + e.getMessage(), e);
    } catch (RuntimeException e) {
      report.completeExceptionally(e);
    } finally {
      coming.complete(false);
      broken("it has nothing more to say", null); // Unless there was a result.
    }
  }

  private void hear(Optional<Line> line) throws IOException {
    if (line.isEmpty()) {
      broken("it ended in the middle of the pull", null);
      return;
    }
    try {
      hear(line.get());
    } catch (IllegalArgumentException e) {
      throw new MalformedLineException("a value isn't what it should be");
    }
  }

  private void hear(Line line) throws IOException {
    switch (line.word()) {
      case "started" -> listener.downloadStarted(layer(line));
      case "more" -> listener.downloaded(layer(line), line.number(2));
      case "ended" -> listener.downloadEnded(layer(line));
      case "ready" -> listener.layerReady(outcome(line));
      case "layer" -> layers.add(outcome(line));
      case "done" ->
          report.complete(
              new PullReport(
                  Digest.parse(line.value(0)), layers, Duration.ofNanos(line.number(1))));
      case "failed" -> report.completeExceptionally(new PullException(line.value(0)));
      default -> {
        // A later daemon may have more to say.
      }
    }
  }

  private void broken(String how, @Nullable IOException cause) {
    String line =
        "image "
            + image
            + ": loadstar-snapshotter was pulling it, and "
            + how
            + "; see its log, and pull again";
    report.completeExceptionally(
        cause == null ? new PullException(line) : new PullException(line, cause));
  }

  private static PulledLayer layer(Line line) throws IOException {
    return new PulledLayer(Digest.parse(line.value(0)), line.number(1));
  }

  private static LayerOutcome outcome(Line line) throws IOException {
    PulledLayer layer = layer(line);
    return new LayerOutcome(
        layer.digest(), layer.size(), line.constant(2, LayerOutcome.State.class), line.number(3));
  }
}
