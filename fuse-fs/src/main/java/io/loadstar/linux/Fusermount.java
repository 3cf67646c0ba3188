package io.loadstar.linux;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.Arena;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/**
 * fusermount(1), the program by which an ordinary user mounts and unmounts: it is set-uid root, and
 * makes sure that the mount point is the user's own. Thread-safe; blocks until that program has
 * ended.
 *
 * <p>It opens /dev/fuse itself, and hands the descriptor back through a socket that it inherits,
 * whose number it finds in its environment (libfuse, util/fusermount.c, send_fd). That is why it
 * isn't started as a {@link Process}, which inherits nothing. Its messages come through the same
 * socket here: either a descriptor arrives or a reason.
 */
public final class Fusermount {

  /** What it is called by libfuse2, and by libfuse3 where that alone is installed. */
  private static final List<String> PROGRAMS = List.of("fusermount", "fusermount3");

  private static final Path CONFIGURATION = Path.of("/etc/fuse.conf");

  /** The descriptor by which it finds the socket: 0 to 2 are taken. */
  private static final int CHILD_SOCKET = 3;

  private static final int STDERR = 2;

  /** More of its messages than that isn't shown. */
  private static final int MOST_TEXT = 4096;

  private Fusermount() {}

  /**
   * Mounts a FUSE file system.
   *
   * @param place an empty directory of the user's
   * @param options as in "ro,subtype=loadstar"
   * @return an open /dev/fuse, which the caller closes
   * @throws IOException if there is no such program, or it refuses, with what it says
   */
  public static int mount(Path place, String options) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      SpawnCalls.Pair pair = SpawnCalls.socketPair(arena);
      int pid;
      try {
        pid = start(arena, pair.theirs(), List.of("-o", options, "--", place.toString()));
      } catch (IOException e) {
        Libc.get().close(pair.ours());
        throw e;
      } finally {
        Libc.get().close(pair.theirs());
      }
      try {
        return received(arena, pair.ours(), place);
      } finally {
        Libc.get().close(pair.ours());
        SpawnCalls.await(arena, pid);
      }
    }
  }

  private static int start(Arena arena, int socket, List<String> arguments) throws IOException {
    List<SpawnCalls.Inherited> inherited =
        List.of(
            new SpawnCalls.Inherited(socket, CHILD_SOCKET),
            new SpawnCalls.Inherited(socket, STDERR));
    List<String> environment =
        List.of("_FUSE_COMMFD=" + CHILD_SOCKET, "LC_ALL=C", "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
    ErrnoException failure = new ErrnoException("start fusermount", Errno.ENOENT);
    for (String program : PROGRAMS) {
      try {
        return SpawnCalls.start(
            arena, new SpawnCalls.Command(program, arguments, environment), inherited);
      } catch (ErrnoException e) {
        failure = e;
        if (e.errno() != Errno.ENOENT) {
          break;
        }
      }
    }
    throw new IOException(
        failure.getMessage() + " (an ordinary user needs the package fuse or fuse3)", failure);
  }

  /** What comes first: a descriptor, or the end and some text before it. */
  private static int received(Arena arena, int socket, Path place) throws IOException {
    ByteArrayOutputStream text = new ByteArrayOutputStream();
    SpawnCalls.Message message = new SpawnCalls.Message(arena);
    int count = message.receive(socket);
    while (count > 0) {
      int fd = message.descriptor();
      if (fd >= 0) {
        return fd;
      }
      if (text.size() < MOST_TEXT) {
        text.writeBytes(message.bytes(count));
      }
      count = message.receive(socket);
    }
    String reason = text.toString(UTF_8).strip().replace('\n', ' ');
    throw new IOException(
        "mount on " + place + ": " + (reason.isEmpty() ? "fusermount says nothing" : reason));
  }

  /**
   * Unmounts what {@link #mount} has mounted: if it is in use, when nobody uses it any more.
   *
   * @throws IOException if there is no such program, or it refuses
   */
  public static void unmount(Path place) throws IOException {
    if (!succeeds("-u", place) && !succeeds("-uz", place)) {
      throw new IOException("unmount " + place + ": fusermount refuses");
    }
  }

  private static boolean succeeds(String flag, Path place) throws IOException {
    try (Arena arena = Arena.ofConfined()) {
      SpawnCalls.Pair pair = SpawnCalls.socketPair(arena);
      try {
        int pid = start(arena, pair.theirs(), List.of(flag, "--", place.toString()));
        return SpawnCalls.await(arena, pid) == 0;
      } finally {
        Libc.get().close(pair.theirs());
        Libc.get().close(pair.ours());
      }
    }
  }

  /** Whether a user may show his mounts to others: a line of /etc/fuse.conf (mount.fuse(8)). */
  public static boolean mayAllowOthers() {
    try (Stream<String> lines = Files.lines(CONFIGURATION)) {
      return lines.anyMatch(line -> line.strip().equals("user_allow_other"));
    } catch (IOException | UncheckedIOException e) {
      return false;
    }
  }
}
