package io.loadstar.linux;

import java.io.Closeable;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A user namespace in which no process needs to live: it is there as long as this is open.
 * Thread-safe; whoever made it closes it. Blocks: not for virtual threads.
 *
 * <p>A process with threads can't enter a new one, and a JVM can't fork. So {@code unshare} (of
 * util-linux) makes it for a {@code cat}, whose echo says that it is there; then its maps are
 * written, its file is opened, and cat ends with its input.
 */
public final class UserNamespace implements Closeable {

  private static final Path OWN_UIDS = Path.of("/proc/self/uid_map");

  /** What the first user namespace's map is: all ids, as they are. */
  private static final String ALL_IDS = "0 0 4294967295";

  private static final int PING = '.';
  private static final int O_RDONLY = 0;
  private static final int MAX_ERROR = 1000;
  private static final long END_SECONDS = 5;

  private final int fd;

  private UserNamespace(int fd) {
    this.fd = fd;
  }

  /**
   * Makes one.
   *
   * @throws IOException if the kernel refuses these maps, or {@code unshare} isn't there
   */
  public static UserNamespace of(IdMaps maps) throws IOException {
    Process process;
    try {
      process = new ProcessBuilder("unshare", "--user", "--", "cat").start();
    } catch (IOException e) {
      throw new IOException("can't run unshare (of util-linux), which makes user namespaces", e);
    }
    try {
      process.getOutputStream().write(PING);
      process.getOutputStream().flush();
      if (process.getInputStream().read() != PING) {
        byte[] said = process.getErrorStream().readNBytes(MAX_ERROR);
        throw new IOException(
            "no user namespace: " + new String(said, StandardCharsets.UTF_8).strip());
      }
      Path about = Path.of("/proc", Long.toString(process.pid()));
      Files.writeString(about.resolve("gid_map"), maps.gids().lines());
      Files.writeString(about.resolve("uid_map"), maps.uids().lines());
      return new UserNamespace(
          Libc.get().open(about.resolve("ns/user"), O_RDONLY | Libc.O_CLOEXEC));
    } finally {
      end(process);
    }
  }

  private static void end(Process process) throws IOException {
    try {
      process.getOutputStream().close();
      if (!process.waitFor(END_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    } finally {
      process.getInputStream().close();
      process.getErrorStream().close();
    }
  }

  /**
   * Whether this process is in the machine's first user namespace, as it is unless it runs in a
   * container without root's powers.
   *
   * @throws IOException if /proc isn't there
   */
  public static boolean isFirst() throws IOException {
    return Files.readString(OWN_UIDS).strip().replaceAll("\\s+", " ").equals(ALL_IDS);
  }

  int fd() {
    return fd;
  }

  @Override
  public void close() throws IOException {
    Libc.get().close(fd);
  }
}
