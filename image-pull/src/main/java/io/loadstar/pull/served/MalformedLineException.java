package io.loadstar.pull.served;

import java.io.IOException;

/** What came isn't what {@link PullOrder} describes. Its message quotes nothing of it. */
final class MalformedLineException extends IOException {

  private static final long serialVersionUID = 1;

  MalformedLineException(String message) {
    super(message);
  }
}
