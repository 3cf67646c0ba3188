package io.loadstar.linux;

import java.io.IOException;

/** A system call that failed; the message says what was attempted, and with which errno. */
public final class ErrnoException extends IOException {

  private static final long serialVersionUID = 1L;

  private final int errno;

  /**
   * @param attempted what was tried on which object, as in "unmount /x"
   */
  public ErrnoException(String attempted, int errno) {
    super(attempted + ": " + Errno.name(errno));
    this.errno = errno;
  }

  /** The error number, more than 0; see {@link Errno}. */
  public int errno() {
    return errno;
  }
}
