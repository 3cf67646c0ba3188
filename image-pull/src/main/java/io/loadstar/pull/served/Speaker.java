package io.loadstar.pull.served;

import io.loadstar.pull.LayerOutcome;
import io.loadstar.pull.PullListener;
import io.loadstar.pull.PullReport;
import io.loadstar.pull.PulledLayer;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.WritableByteChannel;
import java.time.Duration;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;

/**
 * Tells who has ordered a pull how it gets on. Thread-safe; closing it says what there is still to
 * say.
 *
 * <p>A thread of its own writes, since a thread that is interrupted while it writes would close the
 * connection: and those that pull are interrupted when it ends. Who doesn't hear holds up his pull,
 * as a terminal does that takes no more.
 */
final class Speaker implements PullListener, AutoCloseable {

  private static final int QUEUE = 256;

  /** No line has no word. */
  private static final Line END = Line.of("");

  /** How long is tried to say that it is over to somebody who doesn't hear. */
  private static final Duration LAST_WORDS = Duration.ofSeconds(2);

  private final WritableByteChannel channel;
  private final BlockingQueue<Line> queue = new ArrayBlockingQueue<>(QUEUE);
  private final Thread thread;
  private volatile boolean deaf;

  Speaker(WritableByteChannel channel) {
    this.channel = channel;
    this.thread = Thread.ofVirtual().name("loadstar-pull-says").start(this::write);
  }

  /** The pull is done here. */
  void serving() {
    sayInAnyCase(Line.of("serving"));
  }

  /** It isn't. */
  void notServed(String why) {
    sayInAnyCase(Line.of("not-served", why));
  }

  /** It is done. */
  void done(PullReport report) {
    report.layers().forEach(layer -> sayInAnyCase(line("layer", layer)));
    sayInAnyCase(Line.of("done", report.target(), report.elapsed().toNanos()));
  }

  /** It has failed. */
  void failed(String why) {
    sayInAnyCase(Line.of("failed", why));
  }

  @Override
  public void downloadStarted(PulledLayer layer) {
    say(Line.of("started", layer.digest(), layer.size()));
  }

  @Override
  public void downloaded(PulledLayer layer, long bytes) {
    say(Line.of("more", layer.digest(), layer.size(), bytes));
  }

  @Override
  public void downloadEnded(PulledLayer layer) {
    say(Line.of("ended", layer.digest(), layer.size()));
  }

  @Override
  public void layerReady(LayerOutcome outcome) {
    say(line("ready", outcome));
  }

  private static Line line(String word, LayerOutcome layer) {
    return Line.of(word, layer.digest(), layer.size(), layer.state().name(), layer.downloaded());
  }

  /** Also on a thread that is interrupted, but not to somebody who doesn't hear. */
  private void sayInAnyCase(Line line) {
    long deadline = System.nanoTime() + LAST_WORDS.toNanos();
    boolean interrupted = false;
    boolean said = false;
    while (!said && !deaf && System.nanoTime() < deadline) {
      try {
        said = queue.offer(line, deadline - System.nanoTime(), TimeUnit.NANOSECONDS);
      } catch (InterruptedException e) {
        interrupted = true;
      }
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void say(Line line) {
    try {
      while (!deaf && !queue.offer(line, 1, TimeUnit.SECONDS)) {
        // Whoever wants no more of it interrupts this thread, or closes the connection.
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void write() {
    try {
      boolean more = true;
      while (more) {
        more = write(queue.take());
      }
    } catch (IOException e) {
      // He has gone: who reads from him finds that as well.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt(); // Last words took too long.
    } finally {
      deaf = true;
    }
  }

  /** Writes a line, and those that wait behind it. False after the last. */
  private boolean write(Line first) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    Line line = first;
    while (line != null && !line.word().isEmpty()) {
      bytes.write(line.bytes());
      line = queue.poll();
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes.toByteArray());
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
    return line == null;
  }

  @Override
  public void close() {
    boolean interrupted = Thread.interrupted();
    try {
      boolean taken =
          queue.offer(END, LAST_WORDS.toNanos(), TimeUnit.NANOSECONDS) && thread.join(LAST_WORDS);
      if (!taken) {
        thread.interrupt();
      }
    } catch (InterruptedException e) {
      interrupted = true;
      thread.interrupt();
    }
    if (interrupted) {
      Thread.currentThread().interrupt();
    }
  }
}
