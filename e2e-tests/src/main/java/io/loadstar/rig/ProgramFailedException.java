package io.loadstar.rig;

import java.io.IOException;

/** A program that had to succeed didn't. The message has its command line and its last words. */
public final class ProgramFailedException extends IOException {

  private static final long serialVersionUID = 1;

  ProgramFailedException(Finished finished) {
    super(
        String.join(" ", finished.words())
            + " ended with "
            + finished.status()
            + "\nstdout: "
            + finished.out()
            + "\nstderr: "
            + finished.err());
  }
}
