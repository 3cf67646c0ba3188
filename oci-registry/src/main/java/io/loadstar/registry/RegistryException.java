package io.loadstar.registry;

import java.io.IOException;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A registry that didn't give or take what was asked. The message is one line for the person at the
 * keyboard; it names the object and, where there is one, the remedy. Nothing in here holds a
 * secret.
 */
public abstract sealed class RegistryException extends IOException {

  private static final long serialVersionUID = 1;

  /**
   * The request that went wrong.
   *
   * @param method the HTTP method
   * @param url the URL without user and query, which may hold secrets
   * @param status the answer's HTTP status, 0 if there was no answer
   */
  public record Exchange(String method, String url, int status) {}

  private final transient Exchange exchange;

  private RegistryException(Exchange exchange, String message, @Nullable Throwable cause) {
    super(message, cause);
    this.exchange = exchange;
  }

  public final String method() {
    return exchange.method();
  }

  /** The URL without user and query. */
  public final String url() {
    return exchange.url();
  }

  /** The answer's HTTP status, 0 if there was no answer. */
  public final int status() {
    return exchange.status();
  }

  /** The server's name and port; empty if none was asked. */
  final String server() {
    String url = exchange.url();
    int start = url.indexOf("://");
    if (start < 0) {
      return "";
    }
    int end = url.indexOf('/', start + 3);
    return url.substring(start + 3, end < 0 ? url.length() : end);
  }

  /** Whether the same request may well succeed in a moment. */
  public boolean isTransient() {
    return false;
  }

  /** How long the server wants to be left alone, or null. */
  @Nullable Duration retryAfter() {
    return null;
  }

  /** The registry has no such image, manifest or blob. */
  public static final class NotFound extends RegistryException {
    private static final long serialVersionUID = 1;

    NotFound(Exchange exchange, String message) {
      super(exchange, message, null);
    }
  }

  /** The configuration leaves nobody to ask, or asks in a way that can't be followed. */
  public static final class NotServed extends RegistryException {
    private static final long serialVersionUID = 1;

    NotServed(Exchange exchange, String message) {
      super(exchange, message, null);
    }
  }

  /** The registry wants other credentials, or denies access with these. */
  public static final class Unauthorized extends RegistryException {
    private static final long serialVersionUID = 1;

    Unauthorized(Exchange exchange, String message) {
      super(exchange, message, null);
    }
  }

  /** There was no answer, or it broke off. */
  public static final class Unreachable extends RegistryException {
    private static final long serialVersionUID = 1;

    Unreachable(Exchange exchange, String message, Throwable cause) {
      super(exchange, message, cause);
    }

    @Override
    public boolean isTransient() {
      return true;
    }
  }

  /** The registry answered with an error of any other kind. */
  public static final class Refused extends RegistryException {
    private static final long serialVersionUID = 1;

    private static final int TOO_MANY_REQUESTS = 429;
    private static final int NOT_IMPLEMENTED = 501;

    private final @Nullable Duration retryAfter;

    Refused(Exchange exchange, String message, @Nullable Duration retryAfter) {
      super(exchange, message, null);
      this.retryAfter = retryAfter;
    }

    @Override
    public boolean isTransient() {
      return status() == TOO_MANY_REQUESTS || (status() >= 500 && status() != NOT_IMPLEMENTED);
    }

    @Override
    @Nullable Duration retryAfter() {
      return retryAfter;
    }
  }

  /** The registry answered, but not what the protocol says or what was asked for. */
  public static final class BadResponse extends RegistryException {
    private static final long serialVersionUID = 1;

    BadResponse(Exchange exchange, String message) {
      super(exchange, message, null);
    }
  }
}
