package io.loadstar.cli;

/**
 * What a command couldn't do, in the three parts that a person needs: the object, the cause and the
 * remedy. Shown as {@code loadstar: <object>: <cause>; <remedy>}, with exit status 1.
 */
public final class CommandException extends Exception {

  private static final long serialVersionUID = 1;

  /**
   * @param object what was worked on: a reference, a path, an address
   * @param cause what went wrong with it
   * @param remedy what to do about it
   */
  public CommandException(String object, String cause, String remedy) {
    super(object + ": " + cause + "; " + remedy);
  }

  /** As above, with the error that showed it, which {@code --debug} prints. */
  public CommandException(String object, String cause, String remedy, Throwable origin) {
    super(object + ": " + cause + "; " + remedy, origin);
  }
}
