package io.loadstar.registry;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.credentials.Credentials;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedDocumentException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Set;
import java.util.function.LongSupplier;
import okhttp3.FormBody;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Gets bearer tokens from the server that a registry's challenge names. Thread-safe. Sources:
 * distribution's token and OAuth2 specifications.
 */
final class TokenServer {

  private static final int MAX_ANSWER_BYTES = 1 << 20;

  /** What the specification says of a token without {@code expires_in}. */
  private static final long DEFAULT_SECONDS = 60;

  private static final long MAX_SECONDS = Duration.ofDays(1).toSeconds();

  private final HttpExchanges exchanges;
  private final PlainHttp plainHttp;
  private final LongSupplier nanoTime;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  TokenServer(HttpExchanges exchanges, PlainHttp plainHttp, LongSupplier nanoTime) {
    this.exchanges = exchanges;
    this.plainHttp = plainHttp;
    this.nanoTime = nanoTime;
  }

  /**
   * What is asked of the server.
   *
   * @param realm the server's URL, as the challenge has it
   * @param service the registry's name for itself, empty if the challenge has none
   * @param scope what the token must allow
   */
  record Wanted(String realm, String service, Scope scope) {}

  /**
   * Gets a token.
   *
   * @param asked the request that was challenged, for messages
   */
  Authorization fetch(Wanted wanted, Credentials credentials, RegistryRequest asked)
      throws IOException {
    Request request = request(wanted, credentials, asked);
    RegistryRequest judged =
        new RegistryRequest(request, asked.host(), asked.purpose(), Set.of(200));
    long askedAt = nanoTime.getAsLong();
    try (Response response = exchanges.exchange(request, asked)) {
      if (!judged.expects(response.code())) {
        throw Failures.answered(judged, response);
      }
      byte[] body = exchanges.readCapped(response, MAX_ANSWER_BYTES, asked.purpose().object());
      return read(body, response, asked).from(askedAt);
    }
  }

  private Request request(Wanted wanted, Credentials credentials, RegistryRequest asked)
      throws RegistryException {
    HttpUrl realm = realm(wanted, asked);
    return switch (credentials) {
      case Credentials.Anonymous _ -> get(realm, wanted).build();
      case Credentials.RegistryToken _ -> get(realm, wanted).build();
      case Credentials.UsernamePassword(String username, String password) ->
          get(realm, wanted)
              .header(
                  "Authorization",
                  okhttp3.Credentials.basic(username, password, StandardCharsets.UTF_8))
              .build();
      case Credentials.IdentityToken(String token) -> post(realm, wanted, token);
    };
  }

  private static Request.Builder get(HttpUrl realm, Wanted wanted) {
    HttpUrl.Builder url = realm.newBuilder();
    if (!wanted.service().isEmpty()) {
      url.addQueryParameter("service", wanted.service());
    }
    wanted.scope().parts().forEach(part -> url.addQueryParameter("scope", part));
    return new Request.Builder().url(url.build());
  }

  private static Request post(HttpUrl realm, Wanted wanted, String refreshToken) {
    FormBody form =
        new FormBody.Builder()
            .add("grant_type", "refresh_token")
            .add("service", wanted.service())
            .add("scope", String.join(" ", wanted.scope().parts()))
            .add("client_id", "loadstar")
            .add("refresh_token", refreshToken)
            .build();
    return new Request.Builder().url(realm).post(form).build();
  }

  /** The server's URL. A registry under TLS can't have credentials sent in the clear. */
  private HttpUrl realm(Wanted wanted, RegistryRequest asked) throws RegistryException {
    HttpUrl url = HttpUrl.parse(wanted.realm());
    boolean plainAllowed =
        url != null
            && !asked.host().base().isHttps()
            && (asked.host().owns(url) || plainHttp.allows(RegistryHost.authority(url)));
    if (url == null || (!url.isHttps() && !plainAllowed)) {
      throw new RegistryException.BadResponse(
          Failures.exchange(asked.http(), 401),
          "registry " + asked.host().registry() + " names a token server that isn't under TLS");
    }
    return url;
  }

  private static Token read(byte[] body, Response response, RegistryRequest asked)
      throws RegistryException {
    ObjectNode json;
    try {
      json = JsonDocument.parse(body, "token");
    } catch (MalformedDocumentException e) {
      // Not as the cause: a parser's message may quote the token.
      throw Failures.nonsense(response, asked.purpose().object(), "sent a token that isn't JSON");
    }
    String token = json.path("token").asText("");
    if (token.isEmpty()) {
      token = json.path("access_token").asText("");
    }
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw Failures.nonsense(response, asked.purpose().object(), "sent no usable token");
    }
    long seconds = json.path("expires_in").asLong(DEFAULT_SECONDS);
    long valid = Math.clamp(seconds, DEFAULT_SECONDS, MAX_SECONDS);
    return new Token(token, Duration.ofSeconds(valid));
  }

  /** As the server gave it. */
  private record Token(String token, Duration validity) {

    /** Ends a tenth early, since the token must last until the registry has looked at it. */
    Authorization from(long askedAt) {
      Duration used = validity.minus(validity.dividedBy(10));
      return Authorization.validFor("Bearer " + token, used, askedAt);
    }

    @Override
    public String toString() {
      return "Token[" + validity + "]";
    }
  }
}
