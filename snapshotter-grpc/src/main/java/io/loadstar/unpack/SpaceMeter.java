package io.loadstar.unpack;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/** Stops what takes too much: bytes, room on the disk, time. Not thread-safe. */
final class SpaceMeter {

  /** Asking the file system costs microseconds: rarely is enough. */
  private static final long ASKED_EVERY = 16L << 20;

  private final UnpackBounds bounds;
  private final FileStore fileStore;
  private final long start = System.nanoTime();
  private long bytes;
  private long untilAsked;

  SpaceMeter(UnpackBounds bounds, Path directory) throws IOException {
    this.bounds = bounds;
    this.fileStore = Files.getFileStore(directory);
  }

  /**
   * Told before so many bytes are written; 0 asks for the time only.
   *
   * @throws NotUnpackableException if that is more than there may be
   * @throws IOException if the thread was interrupted
   */
  void take(long count) throws IOException {
    if (Thread.currentThread().isInterrupted()) {
      throw new IOException("interrupted while a layer was unpacked");
    }
    if (System.nanoTime() - start > bounds.timeout().toNanos()) {
      throw new NotUnpackableException(
          "not unpacked within " + bounds.timeout().toSeconds() + " s (unpack_timeout_sec)");
    }
    bytes += count;
    if (bytes > bounds.maxBytes()) {
      throw new NotUnpackableException(
          "more than " + bounds.maxBytes() + " bytes of files (unpack_max_bytes)");
    }
    untilAsked -= count;
    if (untilAsked <= 0) {
      untilAsked = ASKED_EVERY;
      long free = fileStore.getUsableSpace();
      if (free - ASKED_EVERY < bounds.minFreeBytes()) {
        throw new NotUnpackableException(
            free + " bytes are free, " + bounds.minFreeBytes() + " must stay so");
      }
    }
  }
}
