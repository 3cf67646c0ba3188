package io.loadstar.transport.jnr;

import jnr.ffi.Pointer;
import jnr.ffi.types.size_t;

/**
 * The functions of libfuse 2.9 that run a session (fuse.h, fuse_lowlevel.h), bound by jnr-ffi.
 *
 * <p>Public since the class that jnr-ffi generates must see it. {@code fuse_new} isn't here: it has
 * four versions, and dlsym(3) hands out the oldest, which takes other arguments.
 */
public interface LibFuse2 {

  /** A channel over an open /dev/fuse, which it owns from then on. Null if there is no memory. */
  Pointer fuse_kern_chan_new(int fd);

  /** Frees the channel and closes its descriptor. */
  void fuse_chan_destroy(Pointer channel);

  /** Frees what an option parser put into a {@code struct fuse_args}. */
  void fuse_opt_free_args(Pointer args);

  Pointer fuse_get_session(Pointer fuse);

  /**
   * Waits for a request.
   *
   * @param channel the address of a {@code struct fuse_chan *}
   * @return its length, 0 if the session has ended, or a negative errno
   */
  int fuse_chan_recv(Pointer channel, Pointer buffer, @size_t long size);

  /** Answers a request; the operations are called on the calling thread. */
  void fuse_session_process(Pointer session, Pointer buffer, @size_t long length, Pointer channel);

  /** Frees everything, the session and its channel too. */
  void fuse_destroy(Pointer fuse);
}
