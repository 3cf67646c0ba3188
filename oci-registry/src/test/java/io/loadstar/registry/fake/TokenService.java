package io.loadstar.registry.fake;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;

/**
 * A server that gives out bearer tokens, each good until it is revoked, and the guard of a registry
 * that wants one. Thread-safe; closed by whoever made it. Source: distribution's token
 * specification.
 */
public final class TokenService implements AutoCloseable {

  private final FakeRegistry server = new FakeRegistry();
  private final Set<String> good = ConcurrentHashMap.newKeySet();
  private final AtomicInteger issued = new AtomicInteger();
  private volatile int secondsGood = 300;

  public TokenService() {
    server.always(request -> true, (request, usual) -> issue());
  }

  private MockResponse issue() {
    String token = "token" + issued.incrementAndGet();
    good.add("Bearer " + token);
    return new MockResponse.Builder()
        .body("{\"token\":\"" + token + "\",\"expires_in\":" + secondsGood + "}")
        .build();
  }

  /** Has {@code registry} answer nobody who doesn't bring one of this server's tokens. */
  public void guard(FakeRegistry registry) {
    registry.always(request -> !isKnown(request), challenge());
  }

  private boolean isKnown(RecordedRequest request) {
    String brought = request.getHeaders().get("Authorization");
    return brought != null && good.contains(brought);
  }

  /** What a guarded registry says to strangers. */
  public Fault challenge() {
    return (request, usual) ->
        Faults.status(
                401,
                "WWW-Authenticate",
                "Bearer realm=\"" + server.url("/token") + "\",service=\"fake\"")
            .answer(request, usual);
  }

  /** How long tokens say that they are good. */
  public void tokensLast(int seconds) {
    secondsGood = seconds;
  }

  /** No token that was given out so far is good any more. */
  public void revokeAll() {
    good.clear();
  }

  /** Its requests, and faults of its own. */
  public FakeRegistry server() {
    return server;
  }

  @Override
  public void close() {
    server.close();
  }
}
