package io.loadstar.containerd;

/**
 * Something containerd couldn't do, or that couldn't be asked of it. The message is one line that
 * names what was attempted, on which object, and where there is one the remedy.
 */
public final class ContainerdException extends Exception {

  /** What kind of failure it is; tells callers what they can do about it. */
  public enum Code {
    /** Nobody answers at the socket. */
    UNREACHABLE,
    /** The socket, or what was asked, isn't for this user. */
    PERMISSION_DENIED,
    /** The object isn't there. */
    NOT_FOUND,
    /** The object is there already. */
    ALREADY_EXISTS,
    /** The object's state forbids it. */
    FAILED_PRECONDITION,
    /** containerd doesn't understand the request, or not this version of it. */
    INVALID,
    /** containerd answers, but something that it needs doesn't, or is in use. */
    UNAVAILABLE,
    /** It took too long. */
    TIMED_OUT,
    /** The calling thread was interrupted, or the connection closed. */
    CANCELLED,
    /** Anything else that containerd reports. */
    FAILED
  }

  private static final long serialVersionUID = 1;

  private final Code code;

  ContainerdException(Code code, String message, Throwable cause) {
    super(message, cause);
    this.code = code;
  }

  /** The kind of failure. */
  public Code code() {
    return code;
  }
}
