package io.loadstar.credentials;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/**
 * Credentials that are kept somewhere but can't be read. The message is one line, with no secret.
 */
public final class CredentialException extends IOException {

  private static final long serialVersionUID = 1;

  public CredentialException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
