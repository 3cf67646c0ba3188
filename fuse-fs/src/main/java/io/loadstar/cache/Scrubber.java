package io.loadstar.cache;

import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Hashes what earlier processes have left in a store, slowly, on a thread of its own, so that what
 * is damaged is gone before somebody waits for it. Thread-safe; closed by the store.
 *
 * <p>It walks the store once, some minutes after the start, at {@value #BYTES_PER_SECOND} bytes a
 * second: a container's start isn't the time for it. What is read meanwhile is hashed anyway.
 */
final class Scrubber implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(Scrubber.class);

  private static final Duration AFTER = Duration.ofMinutes(10);
  private static final Duration STOP_LIMIT = Duration.ofSeconds(10);
  private static final long BYTES_PER_SECOND = 8 << 20;
  private static final int WINDOW = 1 << 20;

  /** The store, as its scrubber sees it. */
  interface Shelves {

    /** Walks over all objects. */
    void forEach(StoreLayout.ObjectVisitor visitor) throws IOException;

    /** Removes an object that isn't what its name says, unless it is being changed. */
    void removeDamaged(Path object);
  }

  private final Shelves shelves;
  private final long startedAt = System.currentTimeMillis();
  private final long bytesPerSecond;
  private final Thread thread;
  private long checked;
  private long damaged;

  /**
   * @param bytesPerSecond how fast it reads at most
   */
  Scrubber(Shelves shelves, long bytesPerSecond) {
    this.shelves = shelves;
    this.bytesPerSecond = bytesPerSecond;
    this.thread = Thread.ofPlatform().daemon().name("loadstar-scrub").unstarted(this::run);
  }

  static Scrubber start(Shelves shelves) {
    Scrubber scrubber = new Scrubber(shelves, BYTES_PER_SECOND);
    scrubber.thread.start();
    return scrubber;
  }

  private void run() {
    try {
      Thread.sleep(AFTER);
      pass();
      LOG.info("the content store was checked: {} objects, {} damaged", checked, damaged);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } catch (IOException | RuntimeException e) {
      LOG.warn("the content store can't be checked: {}", e.toString());
    }
  }

  /** Checks each object once that was written or last used before this process began. */
  void pass() throws IOException, InterruptedException {
    ByteBuffer window = ByteBuffer.allocate(WINDOW);
    try {
      shelves.forEach((object, _, usedAt) -> {
        if (usedAt < startedAt) {
          check(object, window);
        }
      });
    } catch (StoppedException e) {
      throw new InterruptedException("the scrub was stopped");
    }
  }

  private void check(Path object, ByteBuffer window) throws IOException {
    MessageDigest hash = Digest.newHash();
    try (FileChannel channel = FileChannel.open(object, StandardOpenOption.READ)) {
      while (channel.read(window.clear()) >= 0) {
        hash.update(window.flip());
        pause(window.limit());
      }
    } catch (NoSuchFileException e) {
      return; // evicted
    }
    checked++;
    if (!Digest.finish(hash).hex().equals(object.getFileName().toString())) {
      damaged++;
      LOG.warn("object {} is damaged and is removed", object.getFileName());
      shelves.removeDamaged(object);
    }
  }

  private void pause(long bytes) throws StoppedException {
    try {
      TimeUnit.NANOSECONDS.sleep(TimeUnit.SECONDS.toNanos(bytes) / bytesPerSecond);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new StoppedException();
    }
  }

  /** Leaves a walk. */
  private static final class StoppedException extends IOException {
    private static final long serialVersionUID = 1;
  }

  @Override
  public void close() {
    thread.interrupt();
    try {
      thread.join(STOP_LIMIT);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
