package io.loadstar.grpc;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import org.jspecify.annotations.Nullable;

/**
 * The file of a unix socket that is listened on. Not thread-safe.
 *
 * <p>The socket is bound under a passing name, made 0600, and then renamed: whoever finds it by its
 * name can connect to it, and nobody else ever could. Who waits for it sees that it isn't there
 * before he would be refused.
 */
public final class SocketFile {

  /** sizeof(sockaddr_un.sun_path) less the closing zero byte: unix(7). */
  private static final int MAX_PATH_BYTES = 108 - 1;

  private static final String PASSING = ".new";

  private final Path path;
  private final Path passing;
  private @Nullable Object fileKey;

  private SocketFile(Path path) {
    this.path = path;
    this.passing = path.resolveSibling(path.getFileName() + PASSING);
  }

  /**
   * Makes sure that a socket can be there. One that nobody listens on is replaced, missing
   * directories are made.
   *
   * @throws IOException if it can't, with the reason
   */
  public static SocketFile prepare(Path address) throws IOException {
    SocketFile file = new SocketFile(address.toAbsolutePath().normalize());
    file.prepare();
    return file;
  }

  private void prepare() throws IOException {
    int length = passing.toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > MAX_PATH_BYTES) {
      throw new IOException(
          "%s: too long for a socket, by %d bytes".formatted(path, length - MAX_PATH_BYTES));
    }
    Path directory = path.getParent();
    if (directory != null && !Files.isDirectory(directory)) {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
    requireUnused(path);
    Files.deleteIfExists(passing);
  }

  /**
   * Makes sure that nobody listens at {@code path}.
   *
   * @throws IOException if somebody does, or if something else than a socket is there
   */
  public static void requireUnused(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    BasicFileAttributes attributes =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isOther()) {
      throw new IOException(path + ": is there and isn't a socket – give another --address");
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      return; // Nobody listens: what a daemon left that was killed.
    }
    throw new IOException(
        path + ": socket in use by a running daemon – stop that, or give another --address");
  }

  /** Where it will be. */
  public Path path() {
    return path;
  }

  /** What is to be bound. */
  public UnixDomainSocketAddress passing() {
    return UnixDomainSocketAddress.of(passing);
  }

  /** Gives what was bound its name; it is ours alone before that. */
  public void publish() throws IOException {
    Files.setPosixFilePermissions(passing, PosixFilePermissions.fromString("rw-------"));
    fileKey = fileKey(passing);
    Files.move(passing, path, StandardCopyOption.ATOMIC_MOVE);
  }

  /** Gives up before it has its name. */
  public void discard() throws IOException {
    Files.deleteIfExists(passing);
  }

  /** Removes it. A daemon that was started since may have its socket under the same name. */
  public void unlink() throws IOException {
    if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)
        && fileKey != null
        && fileKey.equals(fileKey(path))) {
      Files.delete(path);
    }
  }

  private static @Nullable Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }
}
