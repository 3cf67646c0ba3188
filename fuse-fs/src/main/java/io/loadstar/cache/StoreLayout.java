package io.loadstar.cache;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The directory tree of a {@link DiskContentStore}, which nothing else knows. Thread-safe; closed
 * by the store.
 *
 * <pre>
 * root/                                    0700
 *   lock                                   held (fcntl) by the one process that uses the store
 *   incoming/{number}                      being written; removed at opening
 *   objects/{domain}/{2 hex}/{64 hex}      an object named by the SHA-256 of its bytes
 *   places/{domain}/{64 hex}/{o}-{i}-{n}   an object without a digest: of that blob, the member at
 *                                          o, n bytes from i on; removed at opening
 * </pre>
 *
 * An object's time of modification is that of its last use, to within some minutes.
 *
 * <p>An object appears by rename from {@code incoming/}. Nothing is forced to disk, so after a
 * power failure a file may be there under its name without its bytes: that is why objects of an
 * earlier process are hashed before they are used.
 */
final class StoreLayout implements AutoCloseable {

  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_DIRECTORY =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------"));
  private static final FileAttribute<Set<PosixFilePermission>> PRIVATE_FILE =
      PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"));

  private final Path objects;
  private final Path places;
  private final Path incoming;
  private final FileChannel lock;
  private final AtomicLong nextIncoming = new AtomicLong();

  private StoreLayout(Path root, FileChannel lock) {
    this.objects = root.resolve("objects");
    this.places = root.resolve("places");
    this.incoming = root.resolve("incoming");
    this.lock = lock;
  }

  /**
   * Locks the tree, making it if need be, and clears away what an earlier process left unfinished.
   *
   * @throws StoreInUseException if another store uses the directory
   */
  static StoreLayout open(Path root) throws IOException {
    Files.createDirectories(root, PRIVATE_DIRECTORY);
    FileChannel lock =
        FileChannel.open(
            root.resolve("lock"),
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
            PRIVATE_FILE);
    try {
      if (tryLock(lock) == null) {
        throw new StoreInUseException(root);
      }
      StoreLayout layout = new StoreLayout(root, lock);
      removeTree(layout.incoming);
      removeTree(layout.places);
      Files.createDirectories(layout.incoming, PRIVATE_DIRECTORY);
      Files.createDirectories(layout.objects, PRIVATE_DIRECTORY);
      return layout;
    } catch (IOException | RuntimeException e) {
      lock.close();
      throw e;
    }
  }

  private static @Nullable FileLock tryLock(FileChannel channel) throws IOException {
    try {
      return channel.tryLock();
    } catch (OverlappingFileLockException e) {
      return null;
    }
  }

  /** Where the object lies, there or not. */
  Path pathOf(ObjectKey key) {
    return switch (key) {
      case ObjectKey.ByContent object ->
          directoryOf(object.domain())
              .resolve(object.digest().hex().substring(0, 2))
              .resolve(object.digest().hex());
      case ObjectKey.ByPlace object ->
          places
              .resolve(object.domain().directoryName())
              .resolve(object.blob().hex())
              .resolve(object.offset() + "-" + object.innerOffset() + "-" + object.size());
    };
  }

  /** Where a domain's objects with a digest are: below it {2 hex}/{64 hex}. */
  Path directoryOf(SharingDomain domain) {
    return objects.resolve(domain.directoryName());
  }

  /** Writes an object's bytes. */
  @FunctionalInterface
  interface Content {

    /**
     * @param file an empty one, which can be read as well
     */
    void writeTo(FileChannel file) throws IOException;
  }

  /** Has {@code object} appear with this content, in place of what may be there. */
  void publish(Path object, Content content) throws IOException {
    Path temporary = incoming.resolve(Long.toHexString(nextIncoming.incrementAndGet()));
    boolean published = false;
    try {
      try (FileChannel channel =
          FileChannel.open(
              temporary,
              Set.of(
                  StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE, StandardOpenOption.READ),
              PRIVATE_FILE)) {
        content.writeTo(channel);
      }
      move(temporary, object);
      published = true;
    } finally {
      if (!published) { // to look for what isn't there takes a sixth of all this
        Files.deleteIfExists(temporary);
      }
    }
  }

  private static void move(Path temporary, Path object) throws IOException {
    try {
      Files.move(temporary, object, StandardCopyOption.ATOMIC_MOVE);
    } catch (NoSuchFileException e) { // the first in its folder
      Path folder = object.getParent();
      if (folder == null) {
        throw e;
      }
      Files.createDirectories(folder, PRIVATE_DIRECTORY);
      Files.move(temporary, object, StandardCopyOption.ATOMIC_MOVE);
    }
  }

  /** Is told of one object. */
  @FunctionalInterface
  interface ObjectVisitor {

    /**
     * @param size in bytes
     * @param usedAt when it was written or, roughly, last read: milliseconds since the epoch
     */
    void visit(Path object, long size, long usedAt) throws IOException;
  }

  /** Tells {@code visitor} of each object that is there; what goes meanwhile is left out. */
  void forEach(ObjectVisitor visitor) throws IOException {
    var walk =
        new SimpleFileVisitor<Path>() {
          @Override
          public FileVisitResult visitFile(Path file, BasicFileAttributes attributes)
              throws IOException {
            visitor.visit(file, attributes.size(), attributes.lastModifiedTime().toMillis());
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFileFailed(Path file, IOException failure)
              throws IOException {
            if (failure instanceof NoSuchFileException) {
              return FileVisitResult.CONTINUE;
            }
            throw failure;
          }
        };
    Files.walkFileTree(objects, walk);
    Files.walkFileTree(places, walk);
  }

  /** Notes that an object is in use: its time of modification says so, also to a later process. */
  void touch(Path object) throws IOException {
    Files.setLastModifiedTime(object, FileTime.fromMillis(System.currentTimeMillis()));
  }

  /** How many bytes the file system has left for this process. */
  long free() throws IOException {
    return Files.getFileStore(objects).getUsableSpace();
  }

  private static void removeTree(Path tree) throws IOException {
    try (var paths = Files.walk(tree)) {
      for (Path path : paths.sorted(java.util.Comparator.reverseOrder()).toList()) {
        Files.delete(path);
      }
    } catch (NoSuchFileException e) {
      // Nothing was left.
    } catch (UncheckedIOException e) {
      throw new IOException("can't clear " + tree + ": " + e.getMessage(), e);
    }
  }

  /** Gives the directory free for another process. */
  @Override
  public void close() throws IOException {
    lock.close();
  }
}
