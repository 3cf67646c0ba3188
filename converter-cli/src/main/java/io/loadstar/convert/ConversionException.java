package io.loadstar.convert;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** An image that can't be converted or copied, in one line that names it and says why. */
public final class ConversionException extends IOException {

  private static final long serialVersionUID = 1;

  ConversionException(String message) {
    this(message, null);
  }

  ConversionException(String message, @Nullable Throwable cause) {
    super(message, cause);
  }
}
