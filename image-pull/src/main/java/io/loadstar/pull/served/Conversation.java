package io.loadstar.pull.served;

import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.SnapshotterPlugin;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageProcess;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.pull.ErrorLine;
import io.loadstar.pull.LayerOutcome;
import io.loadstar.pull.Pull;
import io.loadstar.pull.PullException;
import io.loadstar.pull.PullListener;
import io.loadstar.pull.PullReport;
import io.loadstar.pull.PulledLayer;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicBoolean;
import jdk.net.ExtendedSocketOptions;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One connection of who orders a pull: order, pull, answers. Thread-safe.
 *
 * <p>The thread that pulls is interrupted when the other side has gone, and when the daemon stops;
 * it tidies up then as a command does that is interrupted.
 */
final class Conversation {

  private static final Logger log = LoggerFactory.getLogger(Conversation.class);

  /** Orders come at once, from the same machine. */
  private static final Duration ORDER_LIMIT = Duration.ofSeconds(5);

  private static final Path OWN_PROCESS = Path.of("/proc/self");

  private final SocketChannel channel;
  private final Parts parts;
  private final CompletableFuture<PullOrder.Received> order = new CompletableFuture<>();
  private final Object state = new Object();
  private @Nullable Thread pulling;
  private boolean over;
  private volatile boolean stopped;

  /**
   * What all conversations have in common.
   *
   * @param snapshotter who pulls
   * @param registries clients that are kept
   * @param pulls one for each that may be done
   */
  record Parts(PullServer.Snapshotter snapshotter, KeptRegistries registries, Semaphore pulls) {}

  Conversation(SocketChannel channel, Parts parts) {
    this.channel = channel;
    this.parts = parts;
  }

  /**
   * Begins it.
   *
   * @param ended is run in the end
   */
  void start(Runnable ended) {
    Thread thread =
        Thread.ofVirtual()
            .name("loadstar-pull")
            .unstarted(() -> {
              try {
                run();
              } finally {
                ended.run();
              }
            });
    synchronized (state) {
      pulling = thread;
    }
    thread.start();
  }

  /** Gives the pull up: the daemon stops. */
  void stop() {
    stopped = true;
    giveUp();
  }

  /** Whether it ends within {@code limit}. */
  boolean awaitEnd(Duration limit) {
    Thread thread;
    synchronized (state) {
      thread = pulling;
    }
    try {
      return thread == null || thread.join(limit.isNegative() ? Duration.ZERO : limit);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  private void giveUp() {
    synchronized (state) {
      if (pulling != null && !over) {
        pulling.interrupt();
      }
    }
  }

  private void run() {
    try (channel) {
      if (isOwn(channel)) {
        Thread.ofVirtual().name("loadstar-pull-hears").start(this::hear);
        try (Speaker speaker = new Speaker(channel)) {
          answer(speaker);
        }
      }
    } catch (IOException | RuntimeException e) {
      log.atWarn().addKeyValue("error", e.toString()).log("an order for a pull broke off");
    }
  }

  /** The socket's mode lets nobody else in, unless somebody has changed it. */
  private static boolean isOwn(SocketChannel channel) throws IOException {
    return channel
        .getOption(ExtendedSocketOptions.SO_PEERCRED)
        .user()
        .equals(Files.getOwner(OWN_PROCESS));
  }

  /** Reads the order, and then until there is nothing more: nobody waits for the pull then. */
  private void hear() {
    LineReader in = new LineReader(channel, PullOrder.MAX_BYTES);
    try {
      order.complete(PullOrder.read(in));
      while (in.read().isPresent()) {
        // Whatever it is, it isn't the end.
      }
    } catch (IOException | RuntimeException e) {
      order.completeExceptionally(e);
    } finally {
      giveUp();
    }
  }

  private void answer(Speaker speaker) {
    try {
      PullOrder.Received received = order.get(ORDER_LIMIT.toNanos(), TimeUnit.NANOSECONDS);
      answer(received, speaker);
    } catch (TimeoutException e) {
      speaker.notServed("no order has come within " + ORDER_LIMIT.toSeconds() + " s");
    } catch (ExecutionException e) {
      speaker.notServed(
          e.getCause() instanceof MalformedLineException malformed
              ? String.valueOf(malformed.getMessage())
              : "the order can't be read");
    } catch (InterruptedException e) {
      speaker.notServed("given up");
    } finally {
      synchronized (state) {
        over = true;
      }
      var _ = Thread.interrupted(); // Last words are said all the same.
    }
  }

  private void answer(PullOrder.Received received, Speaker speaker) throws InterruptedException {
    PullOrder order = received.order();
    if (stopped) {
      speaker.notServed("loadstar-snapshotter is being stopped");
      return;
    }
    if (!parts.pulls().tryAcquire()) {
      speaker.notServed("as many pulls as are allowed are under way");
      return;
    }
    try (ContainerdClient containerd =
            ContainerdClient.connect(order.target().containerd(), order.target().namespace());
        KeptRegistries.Held registries =
            parts.registries().take(order.caller(), Set.of(order.request().image().host()))) {
      if (received.from().equals(KernelNamespaces.ofProcess())) {
        pull(order, new Means(containerd, registries), speaker);
      } else {
        speaker.notServed("it comes out of other namespaces, where names mean other things");
      }
    } catch (ContainerdException | IOException | IllegalArgumentException e) {
      // Who has ordered it finds the same, and says it in his own words.
      speaker.notServed(ErrorLine.of(e));
    } finally {
      parts.pulls().release();
    }
  }

  /** What a pull needs. */
  private record Means(ContainerdClient containerd, KeptRegistries.Held registries) {}

  /** It is done here if containerd means this snapshotter. */
  private void requireOwn(String name, Optional<SnapshotterPlugin> plugin) throws PullException {
    boolean own =
        plugin
            .filter(it -> it.failure().isEmpty())
            .flatMap(SnapshotterPlugin::address)
            .filter(this::isHere)
            .isPresent();
    if (!own) {
      throw new PullException("containerd doesn't mean this snapshotter by " + name);
    }
  }

  private boolean isHere(Path address) {
    try {
      return Files.isSameFile(address, parts.snapshotter().address());
    } catch (IOException e) {
      return false;
    }
  }

  private void pull(PullOrder order, Means means, Speaker speaker) {
    ImageReference image = order.request().image();
    AtomicBoolean serving = new AtomicBoolean();
    try (ImageSource source = means.registries().client().source(image)) {
      PullListener listener = new Ahead(speaker, parts.snapshotter().ahead());
      Pull pull = new Pull(order.request(), source, means.containerd(), listener);
      PullReport report =
          pull.run(plugin -> {
            requireOwn(order.request().snapshotter(), plugin);
            serving.set(true);
            speaker.serving();
          });
      log.atInfo()
          .addKeyValue("image", image)
          .addKeyValue("namespace", order.target().namespace())
          .addKeyValue("layers", report.layers().size())
          .addKeyValue("lazy", report.count(LayerOutcome.State.LAZY))
          .addKeyValue("milliseconds", report.elapsed().toMillis())
          .log("pulled for a command");
      speaker.done(report);
    } catch (Exception e) {
      boolean interrupted = Thread.interrupted() || e instanceof InterruptedException;
      String line = line(image, e, interrupted);
      if (!serving.get()) {
        speaker.notServed(line); // Who has ordered it finds the same, and says it in his own words.
        return;
      }
      log.atInfo().addKeyValue("image", image).addKeyValue("error", line).log("a pull failed");
      speaker.failed(line);
    }
  }

  private String line(ImageReference image, Exception failure, boolean interrupted) {
    if (stopped) {
      return "image "
          + image
          + ": loadstar-snapshotter was stopped in the middle of the pull;"
          + " pull again when it runs";
    }
    return interrupted ? "image " + image + ": given up" : ErrorLine.of(failure);
  }

  /** Tells the snapshotter what is coming, and the other side the rest. */
  private record Ahead(PullListener told, PullServer.LayersAhead ahead) implements PullListener {

    @Override
    public void lazyLayersKnown(ImageReference image, List<Descriptor> layers) {
      ahead.expect(image, layers);
    }

    @Override
    public void layersReady(ImageReference image, ImageProcess process) {
      ahead.starts(image, process);
    }

    @Override
    public void downloadStarted(PulledLayer layer) {
      told.downloadStarted(layer);
    }

    @Override
    public void downloaded(PulledLayer layer, long bytes) {
      told.downloaded(layer, bytes);
    }

    @Override
    public void downloadEnded(PulledLayer layer) {
      told.downloadEnded(layer);
    }

    @Override
    public void layerReady(LayerOutcome outcome) {
      told.layerReady(outcome);
    }
  }
}
