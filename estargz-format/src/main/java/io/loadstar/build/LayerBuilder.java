package io.loadstar.build;

import static java.util.Objects.requireNonNull;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.tar.UnsupportedTarException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Builds lazily readable layers from tars, in any format that there is.
 *
 * <p>Thread-safe: layers that are built at the same time share its threads. Whoever made it closes
 * it.
 *
 * <p>A build goes through the tar three times. It is spooled, uncompressed, to a temporary file,
 * since which of two entries of one name stays, and what is prioritized, is known only at its end.
 * Then members are compressed side by side, while one more thread of the same pool hashes the whole
 * from front to back. Last the blob is opened as any reader would, and every chunk and checksum of
 * it is verified. The bytes of a member depend on its content and the level alone, and where
 * members begin on the entries and the chunk size: so the number of threads changes nothing.
 */
public final class LayerBuilder implements AutoCloseable {

  /** As far as the umask lets it: a temporary file is its owner's alone otherwise. */
  private static final FileAttribute<?> READABLE_BY_ALL =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-r--r--"));

  private final int parallelism;
  private final ExecutorService workers;

  /**
   * @param parallelism how many threads compress; the number of cores is right
   */
  public LayerBuilder(int parallelism) {
    this.parallelism = parallelism;
    this.workers =
        Executors.newFixedThreadPool(
            parallelism, Thread.ofPlatform().daemon().name("loadstar-build-", 0).factory());
  }

  /**
   * Builds a layer from {@code layer}, a tar that may be compressed with gzip or zstd, and puts it
   * at {@code destination} once it has been found to be right.
   *
   * <p>The tar is read to its end, not closed. Temporary files, as large as the tar and the blob,
   * are made in the destination's directory; nothing stays there if this fails. The file isn't
   * forced to disk: that is for whoever keeps it.
   *
   * @throws UnsupportedTarException if it is no tar, or has an entry that can't be taken
   * @throws MalformedBlobException if it is damaged, or isn't a tree of files
   * @throws IOException if it can't be read, or the files not written
   */
  public BuiltLayer build(InputStream layer, Path destination, BuildOptions options)
      throws IOException {
    Path file = destination.toAbsolutePath();
    Path directory = file.getParent();
    if (directory == null) {
      throw new IOException(destination + ": not a file's path");
    }
    Path partial = Files.createTempFile(directory, "loadstar-", ".partial", READABLE_BY_ALL);
    try {
      BuiltLayer built = write(layer, partial, file, options);
      // By now neither spool nor entries are held: the check has its own.
      new BlobCheck(built, workers).check(partial);
      Files.move(partial, file, StandardCopyOption.ATOMIC_MOVE);
      return built;
    } finally {
      Files.deleteIfExists(partial);
    }
  }

  private BuiltLayer write(InputStream layer, Path partial, Path file, BuildOptions options)
      throws IOException {
    Path directory = requireNonNull(partial.getParent());
    try (TarSpool spool = TarSpool.of(layer, directory, options)) {
      EntryOrder order =
          options.lossless()
              ? EntryOrder.asTheyCame(spool)
              : EntryOrder.of(spool, options.prioritized());
      return new BlobWriter(spool, order, options, new Threads(workers, parallelism))
          .write(partial, file);
    }
  }

  /** Ends the threads. No layer may be under way. */
  @Override
  public void close() {
    workers.close();
  }

  /**
   * @param workers whose tasks run side by side
   * @param count how many do
   */
  record Threads(ExecutorService workers, int count) {}
}
