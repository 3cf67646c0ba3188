package io.loadstar.coldstart;

import java.io.IOException;

/**
 * A container ended well, and nothing of what it said was heard: containerd's {@code ctr run} ends
 * when the container does, and may close its output before that has been copied.
 */
final class LostOutputException extends IOException {
  private static final long serialVersionUID = 1;

  LostOutputException(String message) {
    super(message);
  }
}
