package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import java.util.ArrayList;
import java.util.List;

/**
 * What libc has for a child process that inherits descriptors, and for descriptors that come
 * through a socket. Thread-safe but for {@link Message}; the memory of a call is the caller's.
 *
 * <p>Numbers and layouts are those of 64-bit Linux (asm-generic/socket.h, linux/socket.h).
 */
@SuppressWarnings("restricted")
final class SpawnCalls {

  private static final int AF_UNIX = 1;
  private static final int SOCK_STREAM_CLOEXEC = 1 | 02000000;
  private static final int SOL_SOCKET = 1;
  private static final int SCM_RIGHTS = 1;
  private static final int MSG_CMSG_CLOEXEC = 0x4000_0000;

  /** posix_spawn_file_actions_t has 80 bytes in glibc and musl. */
  private static final int FILE_ACTIONS = 256;

  private static final MethodHandle SOCKETPAIR =
      NativeCalls.handle(
          "socketpair", FunctionDescriptor.of(JAVA_INT, JAVA_INT, JAVA_INT, JAVA_INT, ADDRESS));
  private static final MethodHandle RECVMSG =
      NativeCalls.handle("recvmsg", FunctionDescriptor.of(JAVA_LONG, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle WAITPID =
      NativeCalls.handle("waitpid", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT));
  private static final MethodHandle ACTIONS_INIT =
      NativeCalls.plain("posix_spawn_file_actions_init", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle ACTIONS_DUP2 =
      NativeCalls.plain(
          "posix_spawn_file_actions_adddup2",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT));
  private static final MethodHandle ACTIONS_DESTROY =
      NativeCalls.plain(
          "posix_spawn_file_actions_destroy", FunctionDescriptor.of(JAVA_INT, ADDRESS));
  private static final MethodHandle SPAWN =
      NativeCalls.plain(
          "posix_spawnp",
          FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS, ADDRESS));

  private SpawnCalls() {}

  /** Two ends of a stream, neither of which a child inherits by itself. The caller closes both. */
  record Pair(int ours, int theirs) {}

  static Pair socketPair(Arena arena) throws ErrnoException {
    MemorySegment ends = arena.allocate(JAVA_INT, 2);
    MemorySegment state = arena.allocate(NativeCalls.STATE);
    try {
      int result = (int) SOCKETPAIR.invokeExact(state, AF_UNIX, SOCK_STREAM_CLOEXEC, 0, ends);
      if (result < 0) {
        throw new ErrnoException("socketpair", NativeCalls.errno(state));
      }
      return new Pair(ends.getAtIndex(JAVA_INT, 0), ends.getAtIndex(JAVA_INT, 1));
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  /** A descriptor of this process, and which one it becomes in the child. */
  record Inherited(int descriptor, int number) {}

  /**
   * What is run.
   *
   * @param program looked for along this process's path
   * @param arguments without the program's name
   * @param environment NAME=VALUE
   */
  record Command(String program, List<String> arguments, List<String> environment) {}

  /**
   * Starts a program.
   *
   * @return its pid, which is to be {@linkplain #await awaited}
   * @throws ErrnoException ENOENT if there is no such program
   */
  static int start(Arena arena, Command command, List<Inherited> inherited) throws ErrnoException {
    MemorySegment actions = arena.allocate(FILE_ACTIONS, Long.BYTES);
    MemorySegment pid = arena.allocate(JAVA_INT);
    List<String> words = new ArrayList<>(List.of(command.program));
    words.addAll(command.arguments);
    try {
      check((int) ACTIONS_INIT.invokeExact(actions), "posix_spawn_file_actions_init");
      try {
        for (Inherited each : inherited) {
          int result = (int) ACTIONS_DUP2.invokeExact(actions, each.descriptor, each.number);
          check(result, "posix_spawn_file_actions_adddup2");
        }
        int result =
            (int)
                SPAWN.invokeExact(
                    pid,
                    arena.allocateFrom(command.program),
                    actions,
                    MemorySegment.NULL,
                    strings(arena, words),
                    strings(arena, command.environment));
        check(result, "start " + command.program);
        return pid.get(JAVA_INT, 0);
      } finally {
        var _ = (int) ACTIONS_DESTROY.invokeExact(actions);
      }
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  /** Waits until a child has ended; its exit status, and -1 if it has none. */
  static int await(Arena arena, int pid) throws ErrnoException {
    MemorySegment status = arena.allocate(JAVA_INT);
    MemorySegment state = arena.allocate(NativeCalls.STATE);
    try {
      int ended = (int) WAITPID.invokeExact(state, pid, status, 0);
      while (ended < 0 && NativeCalls.errno(state) == Errno.EINTR) {
        ended = (int) WAITPID.invokeExact(state, pid, status, 0);
      }
      int word = status.get(JAVA_INT, 0);
      return ended == pid && (word & 0x7f) == 0 ? (word >> 8) & 0xff : -1; // sys/wait.h
    } catch (Throwable e) {
      throw NativeCalls.failure(e);
    }
  }

  /** Receives bytes and, with some of them, a descriptor (unix(7), recvmsg(2)). */
  static final class Message {
    private static final int ROOM = 1024;

    // struct msghdr: name, its length, vector, its count, control, its length, flags
    private static final int VECTOR = 16;
    private static final int VECTOR_COUNT = 24;
    private static final int CONTROL = 32;
    private static final int CONTROL_LENGTH = 40;
    private static final int HEADER_SIZE = 56;

    // struct cmsghdr: length, level, type, data
    private static final int LEVEL = 8;
    private static final int TYPE = 12;
    private static final int DATA = 16;
    private static final int CONTROL_SIZE = 24; // CMSG_SPACE(sizeof(int))

    private final MemorySegment state;
    private final MemorySegment header;
    private final MemorySegment control;
    private final MemorySegment bytes;
    private final MemorySegment vector;

    Message(Arena arena) {
      state = arena.allocate(NativeCalls.STATE);
      header = arena.allocate(HEADER_SIZE, Long.BYTES);
      control = arena.allocate(CONTROL_SIZE, Long.BYTES);
      bytes = arena.allocate(ROOM);
      vector = arena.allocate(JAVA_LONG, 2);
      vector.setAtIndex(JAVA_LONG, 0, bytes.address());
      vector.setAtIndex(JAVA_LONG, 1, ROOM);
    }

    /** Waits for some; how many bytes, 0 at the end. */
    int receive(int socket) throws ErrnoException {
      control.fill((byte) 0);
      header.fill((byte) 0);
      header.set(JAVA_LONG, VECTOR, vector.address());
      header.set(JAVA_LONG, VECTOR_COUNT, 1);
      header.set(JAVA_LONG, CONTROL, control.address());
      header.set(JAVA_LONG, CONTROL_LENGTH, CONTROL_SIZE);
      try {
        long count = (long) RECVMSG.invokeExact(state, socket, header, MSG_CMSG_CLOEXEC);
        while (count < 0 && NativeCalls.errno(state) == Errno.EINTR) {
          count = (long) RECVMSG.invokeExact(state, socket, header, MSG_CMSG_CLOEXEC);
        }
        if (count < 0) {
          throw new ErrnoException("recvmsg", NativeCalls.errno(state));
        }
        return (int) count;
      } catch (Throwable e) {
        throw NativeCalls.failure(e);
      }
    }

    /** The descriptor that came along, which is the caller's; negative if none did. */
    int descriptor() {
      boolean there =
          header.get(JAVA_LONG, CONTROL_LENGTH) >= DATA + Integer.BYTES
              && control.get(JAVA_INT, LEVEL) == SOL_SOCKET
              && control.get(JAVA_INT, TYPE) == SCM_RIGHTS;
      return there ? control.get(JAVA_INT, DATA) : -1;
    }

    byte[] bytes(int count) {
      return bytes.asSlice(0, count).toArray(JAVA_BYTE);
    }
  }

  private static MemorySegment strings(Arena arena, List<String> strings) {
    MemorySegment array = arena.allocate(ADDRESS, strings.size() + 1L);
    for (int i = 0; i < strings.size(); i++) {
      array.setAtIndex(ADDRESS, i, arena.allocateFrom(strings.get(i)));
    }
    return array;
  }

  /** These tell their errno by their result. */
  private static void check(int errno, String attempted) throws ErrnoException {
    if (errno != 0) {
      throw new ErrnoException(attempted, errno);
    }
  }
}
