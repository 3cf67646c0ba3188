package io.loadstar.daemon;

import java.io.IOException;

/** A configuration file that can't be followed. The message is one line: file, line, and what. */
public final class MalformedConfigurationException extends IOException {

  private static final long serialVersionUID = 1;

  MalformedConfigurationException(String message) {
    super(message);
  }
}
