package io.loadstar.transport.jnr;

import static io.loadstar.linux.Errno.EAGAIN;
import static io.loadstar.linux.Errno.EINTR;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.loadstar.linux.Errno;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import jnr.ffi.Pointer;

/**
 * One session of libfuse: its handle, its channel, the descriptor of /dev/fuse. Threads receive and
 * process at once; {@link #destroy} comes after the last of them has left.
 *
 * <p>{@code fuse_session_exit} isn't used: libfuse then drops a request that it had already read,
 * and its caller waits for ever. A session ends when the kernel ends the connection.
 */
final class LibFuseSession {

  /** {@link #receive} when there will be no more requests. */
  static final int ENDED = 0;

  /** {@link #receive} when there was none this time. */
  static final int NOTHING = -1;

  /**
   * Room for any request: the kernel wants 8192 bytes, or 80 more than what a write may bring
   * (FUSE_MIN_READ_BUFFER in linux/fuse.h), and {@link #OPTIONS} say 4096 for that. The rest is for
   * FORGETs, which come in batches as large as the buffer.
   */
  static final int BUFFER_SIZE = 16 * 1024;

  /**
   * Nothing changes in a layer, so the kernel may keep what it was told: for a year, in seconds.
   *
   * <p>max_background: how many read-aheads the kernel has under way at once. Its own 12 would mean
   * that 12 reads that wait for the network hold up every other one.
   */
  private static final String OPTIONS =
      "use_ino,readdir_ino,kernel_cache,nopath,entry_timeout=31536000,attr_timeout=31536000,"
          + "negative_timeout=31536000,max_write=4096,max_background=1024";

  /** fuse_new and fuse_destroy count their users without a lock here and there. */
  private static final Object NEW_AND_DESTROY = new Object();

  private final LoadedLibFuse library;
  private final Pointer fuse;
  private final Pointer session;
  private final Pointer channel;

  private LibFuseSession(LoadedLibFuse library, Pointer fuse, Pointer channel) {
    this.library = library;
    this.fuse = fuse;
    this.session = library.calls().fuse_get_session(fuse);
    this.channel = channel;
  }

  /**
   * Makes one over {@code fd}, an open /dev/fuse, which it owns from then on: also if this throws.
   *
   * @throws IOException if libfuse can't
   */
  static LibFuseSession create(LoadedLibFuse library, int fd) throws IOException {
    Pointer channel = library.calls().fuse_kern_chan_new(fd);
    long fuse;
    synchronized (NEW_AND_DESTROY) {
      fuse = newFuse(library, channel);
    }
    if (fuse == 0) {
      library.calls().fuse_chan_destroy(channel);
      throw new IOException(
          "libfuse2 makes no further session: a process can hold about 1000 mounts"
              + " (PTHREAD_KEYS_MAX)");
    }
    return new LibFuseSession(library, LoadedLibFuse.pointer(fuse), channel);
  }

  private static long newFuse(LoadedLibFuse library, Pointer channel) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment arguments = arena.allocate(JAVA_LONG, 4);
      arguments.setAtIndex(JAVA_LONG, 0, arena.allocateFrom("loadstar").address());
      arguments.setAtIndex(JAVA_LONG, 1, arena.allocateFrom("-o" + OPTIONS).address());
      // struct fuse_args { int argc; char **argv; int allocated; }
      MemorySegment args = arena.allocate(JAVA_LONG, 3);
      args.setAtIndex(JAVA_LONG, 0, 2);
      args.setAtIndex(JAVA_LONG, 1, arguments.address());
      long fuse = library.newFuse(channel, args.address());
      library.calls().fuse_opt_free_args(LoadedLibFuse.pointer(args.address()));
      return fuse;
    }
  }

  /**
   * Waits for a request.
   *
   * @param cell a pointer-sized cell of the calling thread's own
   * @return its length, {@link #ENDED} or {@link #NOTHING}
   * @throws IOException if the device can't be read
   */
  int receive(Pointer cell, Pointer buffer) throws IOException {
    cell.putAddress(0, channel.address());
    int length = library.calls().fuse_chan_recv(cell, buffer, BUFFER_SIZE);
    if (length >= 0) {
      return length;
    }
    if (length == -EINTR || length == -EAGAIN) {
      return NOTHING;
    }
    throw new IOException("read /dev/fuse: " + Errno.name(-length));
  }

  /** Answers a request on the calling thread. */
  void process(Pointer buffer, int length) {
    library.calls().fuse_session_process(session, buffer, length, channel);
  }

  /** Frees it and closes the device. Once, after every thread has left. */
  void destroy() {
    synchronized (NEW_AND_DESTROY) {
      library.calls().fuse_destroy(fuse);
    }
  }
}
