package io.loadstar.registry;

import com.fasterxml.jackson.databind.JsonNode;
import io.loadstar.oci.JsonDocument;
import io.loadstar.registry.RegistryException.Exchange;
import io.loadstar.registry.hosts.HostCapability;
import java.io.IOException;
import java.net.ConnectException;
import java.net.SocketTimeoutException;
import java.net.UnknownHostException;
import java.time.Duration;
import java.time.Instant;
import java.time.format.DateTimeFormatter;
import java.time.format.DateTimeParseException;
import java.util.Locale;
import javax.net.ssl.SSLException;
import javax.net.ssl.SSLHandshakeException;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/** Says what went wrong in terms of what was asked for, and what can be done about it. */
final class Failures {

  private static final int UNAUTHORIZED = 401;
  private static final int MAX_ERROR_BODY_BYTES = 64 << 10;
  private static final int MAX_QUOTED_CHARS = 200;

  private Failures() {}

  /** The answer is an error. Reads the beginning of its body; the caller closes it. */
  static RegistryException answered(RegistryRequest asked, Response response) {
    Exchange exchange = exchange(response.request(), response.code());
    String object = asked.purpose().object();
    String registry = asked.host().registry();
    return switch (response.code()) {
      case 404 ->
          new RegistryException.NotFound(
              exchange, object + " doesn't exist in the registry – check its name");
      case 401, 403 ->
          new RegistryException.Unauthorized(
              exchange,
              object
                  + ": the registry denies access (HTTP "
                  + response.code()
                  + quoted(response)
                  + ") – check the name, or log in: docker login "
                  + registry);
      default ->
          new RegistryException.Refused(
              exchange,
              object + ": " + registry + " answered HTTP " + response.code() + quoted(response),
              retryAfter(response));
    };
  }

  /** The registry asks who we are, and nobody has said it. */
  static RegistryException nameless(RegistryRequest asked) {
    String registry = asked.host().registry();
    return new RegistryException.Unauthorized(
        exchange(asked.http(), UNAUTHORIZED),
        "registry " + registry + " wants a name and a password – docker login " + registry);
  }

  /** The registry asks who we are, and has refused a moment ago what is known. */
  static RegistryException refused(RegistryRequest asked) {
    return new RegistryException.Unauthorized(
        exchange(asked.http(), UNAUTHORIZED),
        asked.purpose().object()
            + ": the registry denies access (it has refused the credentials that are known) – check"
            + " the name, or log in: docker login "
            + asked.host().registry());
  }

  /** There is nobody to ask. */
  static RegistryException nobody(String registry, HostCapability capability) {
    String wanted = capability.name().toLowerCase(Locale.ROOT);
    return new RegistryException.NotServed(
        new Exchange(wanted, registry, 0),
        "registry "
            + registry
            + ": its hosts.toml leaves no host with the capability \""
            + wanted
            + "\"");
  }

  /** What a host is spoken to with can't be used. */
  static RegistryException unusable(Request request, IOException cause) {
    return new RegistryException.NotServed(
        exchange(request, 0),
        "registry "
            + RegistryHost.authority(request.url())
            + ": its configuration can't be used: "
            + cause.getMessage());
  }

  /** The registry sends us where it may not. */
  static RegistryException misled(
      Request request, RegistryRequest asked, RedirectGuard.Refused cause) {
    return new RegistryException.BadResponse(
        exchange(request, 0),
        asked.purpose().object()
            + ": "
            + asked.host().registry()
            + " is on the internet, but "
            + cause.getMessage());
  }

  /** The parts of a blob can't be had. */
  static RegistryException rangeless(String object) {
    return new RegistryException.NotServed(
        new Exchange("GET", object, 0),
        object + ": its registry sends only whole blobs, not parts of them");
  }

  /** Others write the same again and again. */
  static RegistryException contended(RegistryHost host, String object) {
    return new RegistryException.BadResponse(
        new Exchange("PUT", host.origin(), 0),
        object + ": others write it at the same time – try again");
  }

  /** There was no answer. */
  static RegistryException unanswered(Request request, IOException cause) {
    String host = RegistryHost.authority(request.url());
    return new RegistryException.Unreachable(
        exchange(request, 0), "registry " + host + " can't be reached: " + reason(cause), cause);
  }

  /** The answer broke off. */
  static RegistryException brokenOff(Request request, String object, IOException cause) {
    return new RegistryException.Unreachable(
        exchange(request, 0),
        object + ": the transfer from " + RegistryHost.authority(request.url()) + " broke off",
        cause);
  }

  /** The answer isn't one. */
  static RegistryException nonsense(Response response, String object, String problem) {
    return new RegistryException.BadResponse(
        exchange(response.request(), response.code()),
        object + ": " + RegistryHost.authority(response.request().url()) + " " + problem);
  }

  static Exchange exchange(Request request, int status) {
    return new Exchange(request.method(), redacted(request.url()), status);
  }

  /** Without user, query and fragment: signed URLs have their secret in the query. */
  private static String redacted(HttpUrl url) {
    return url.scheme() + "://" + RegistryHost.authority(url) + url.encodedPath();
  }

  private static String reason(IOException failure) {
    return switch (failure) {
      case UnknownHostException _ -> "its name isn't known – check the spelling and the DNS";
      case SocketTimeoutException _ -> "no answer in time – is it running?";
      case ConnectException connect -> rootMessage(connect) + " – is it running?";
      case SSLHandshakeException handshake ->
          "its certificate isn't trusted (" + rootMessage(handshake) + ")";
      case SSLException _ -> "it doesn't speak TLS – if that is meant, allow plain HTTP for it";
      default -> rootMessage(failure);
    };
  }

  private static String rootMessage(Throwable failure) {
    Throwable root = failure;
    for (int depth = 0; root.getCause() != null && depth < 10; depth++) {
      root = root.getCause();
    }
    String message = root.getMessage();
    return message == null ? root.getClass().getSimpleName() : oneLine(message, Locale.ROOT);
  }

  private static String oneLine(String text, Locale locale) {
    String plain = text.replaceAll("\\p{Cntrl}+", " ").strip();
    String cut =
        plain.length() <= MAX_QUOTED_CHARS ? plain : plain.substring(0, MAX_QUOTED_CHARS) + "…";
    return cut.isEmpty() ? cut : cut.substring(0, 1).toLowerCase(locale) + cut.substring(1);
  }

  /** The first error in the body as distribution writes it: {@code {"errors":[{code,message}]}}. */
  private static String quoted(Response response) {
    try {
      byte[] body = response.body().byteStream().readNBytes(MAX_ERROR_BODY_BYTES);
      JsonNode error = JsonDocument.parse(body, "error").path("errors").path(0);
      String code = error.path("code").asText("");
      String message = error.path("message").asText("");
      String both = message.isEmpty() ? code : message;
      return both.isBlank() ? "" : ": " + oneLine(both, Locale.ROOT);
    } catch (IOException e) {
      return "";
    }
  }

  private static @Nullable Duration retryAfter(Response response) {
    String header = response.header("Retry-After");
    if (header == null) {
      return null;
    }
    String text = header.strip();
    if (text.matches("\\d{1,9}")) {
      return Duration.ofSeconds(Long.parseLong(text));
    }
    try {
      Instant until = DateTimeFormatter.RFC_1123_DATE_TIME.parse(text, Instant::from);
      Duration wait = Duration.between(Instant.now(), until);
      return wait.isNegative() ? Duration.ZERO : wait;
    } catch (DateTimeParseException e) {
      return null;
    }
  }
}
