package io.loadstar.registry;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.credentials.Credentials;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.ExecutionException;
import java.util.function.LongSupplier;
import okhttp3.Challenge;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Proves to registries who is asking. Thread-safe.
 *
 * <p>A server is asked without proof first; its challenge (401) is remembered, and requests from
 * then on bring what it wants at once. A token is got once for all who need it at the same time,
 * and used until it expires or is refused.
 */
final class Authorizer {

  /** Above this many, all are dropped: they are only a cache. */
  private static final int MAX_KEPT = 1000;

  /** Credentials of one repository that are tried for one token. */
  private static final int MAX_TRIED = 8;

  private final CredentialSource credentials;
  private final TokenServer tokenServer;
  private final LongSupplier nanoTime;
  private final ConcurrentMap<String, Challenge> challenges = new ConcurrentHashMap<>();
  private final ConcurrentMap<Key, CompletableFuture<Authorization>> kept =
      new ConcurrentHashMap<>();

  /** What an authorization is good for. */
  private record Key(String origin, Scope scope) {}

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  Authorizer(CredentialSource credentials, TokenServer tokenServer, LongSupplier nanoTime) {
    this.credentials = credentials;
    this.tokenServer = tokenServer;
    this.nanoTime = nanoTime;
  }

  /** What the server is known to want for this request, if it wants anything. */
  Optional<Authorization> authorize(RegistryRequest request) throws IOException {
    Challenge challenge = challenges.get(request.host().origin());
    return challenge == null
        ? Optional.empty()
        : Optional.of(obtain(request, challenge, request.purpose().scope()));
  }

  /**
   * Answers a 401.
   *
   * @param refused what the request had brought
   * @throws RegistryException if there is nothing that could be brought instead
   */
  Authorization answer(RegistryRequest request, Response response, @Nullable Authorization refused)
      throws IOException {
    Challenge challenge =
        strongest(response.challenges()).orElseThrow(() -> Failures.answered(request, response));
    challenges.put(request.host().origin(), challenge);
    if (refused != null) {
      forget(request, refused);
    }
    return obtain(request, challenge, demanded(challenge, request.purpose().scope()));
  }

  /** Gets another token than one that was got some time ago, for the same credentials. */
  Optional<Authorization> renew(RegistryRequest request, Authorization refused) throws IOException {
    Challenge challenge = challenges.get(request.host().origin());
    if (challenge == null) {
      return Optional.empty();
    }
    forget(request, refused);
    return Optional.of(obtain(request, challenge, demanded(challenge, request.purpose().scope())));
  }

  /**
   * Gets another authorization than one that was just got and refused: another's, if credentials
   * are known that haven't been refused.
   *
   * @return empty if there are none
   */
  Optional<Authorization> replace(RegistryRequest request, Authorization refused)
      throws IOException {
    String registry = request.host().registry();
    Scope scope = request.purpose().scope();
    Challenge challenge = challenges.get(request.host().origin());
    if (challenge == null
        || !credentials.refused(registry, scope.repository(), refused.credentials())) {
      return Optional.empty();
    }
    forget(request, refused);
    boolean nobody =
        credentials.find(registry, scope.repository()) instanceof Credentials.Anonymous;
    return nobody && isScheme(challenge, "basic")
        ? Optional.empty()
        : Optional.of(obtain(request, challenge, demanded(challenge, scope)));
  }

  private static Optional<Challenge> strongest(List<Challenge> offered) {
    Optional<Challenge> bearer = offered.stream().filter(c -> isScheme(c, "bearer")).findFirst();
    return bearer.isPresent()
        ? bearer
        : offered.stream().filter(c -> isScheme(c, "basic")).findFirst();
  }

  private static boolean isScheme(Challenge challenge, String scheme) {
    return challenge.scheme().toLowerCase(Locale.ROOT).equals(scheme);
  }

  /** Our own scope, and what the challenge asks for beyond it. */
  private static Scope demanded(Challenge challenge, Scope own) {
    String asked = challenge.authParams().get("scope");
    if (asked == null || asked.isBlank() || own.parts().contains(asked)) {
      return own;
    }
    List<String> parts = new ArrayList<>(own.parts());
    parts.add(asked);
    return new Scope(own.repository(), List.copyOf(parts));
  }

  private void forget(RegistryRequest request, Authorization refused) {
    kept.computeIfPresent(
        new Key(request.host().origin(), request.purpose().scope()),
        (key, future) -> future.isDone() && refused.equals(future.getNow(null)) ? null : future);
  }

  private Authorization obtain(RegistryRequest request, Challenge challenge, Scope scope)
      throws IOException {
    Key key = new Key(request.host().origin(), request.purpose().scope());
    for (; ; ) {
      CompletableFuture<Authorization> mine = new CompletableFuture<>();
      CompletableFuture<Authorization> present = kept.putIfAbsent(key, mine);
      if (present == null) {
        return fetchInto(mine, key, () -> fetch(request, challenge, scope));
      }
      Optional<Authorization> shared = await(present);
      if (shared.isPresent() && !shared.get().hasExpired(nanoTime.getAsLong())) {
        return shared.get();
      }
      kept.remove(key, present);
    }
  }

  private Authorization fetchInto(
      CompletableFuture<Authorization> future, Key key, RetryLoop.Attempt<Authorization> fetch)
      throws IOException {
    Throwable failure = new IllegalStateException("no token, and no reason why");
    try {
      Authorization authorization = fetch.run();
      future.complete(authorization);
      if (kept.size() > MAX_KEPT) {
        kept.clear();
      }
      return authorization;
    } catch (IOException | RuntimeException e) {
      failure = e;
      throw e;
    } finally {
      // In any case, also that of an Error: others wait.
      if (!future.isDone()) {
        kept.remove(key, future);
        future.completeExceptionally(failure);
      }
    }
  }

  /** What another thread gets; empty if that thread was interrupted, which isn't our failure. */
  private static Optional<Authorization> await(CompletableFuture<Authorization> other)
      throws IOException {
    try {
      return Optional.of(other.get());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while waiting for a token");
    } catch (ExecutionException e) {
      return switch (e.getCause()) {
        case InterruptedIOException _ -> Optional.empty();
        case IOException failure -> throw failure;
        case RuntimeException failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      };
    }
  }

  /** With the first credentials that whoever gives tokens takes. */
  private Authorization fetch(RegistryRequest request, Challenge challenge, Scope scope)
      throws IOException {
    String registry = request.host().registry();
    for (int tried = 1; ; tried++) {
      Credentials own = credentials.find(registry, scope.repository());
      try {
        return fetch(request, challenge, scope, own).of(own);
      } catch (RegistryException e) {
        if (!isRefusal(e, own)
            || tried == MAX_TRIED
            || !credentials.refused(registry, scope.repository(), own)) {
          throw e;
        }
      }
    }
  }

  /** A refresh token that is over is a bad request: RFC 6749, section 5.2. */
  private static boolean isRefusal(RegistryException failure, Credentials own) {
    return failure instanceof RegistryException.Unauthorized
        || (own instanceof Credentials.IdentityToken && failure.status() == 400);
  }

  private Authorization fetch(
      RegistryRequest request, Challenge challenge, Scope scope, Credentials own)
      throws IOException {
    if (own instanceof Credentials.RegistryToken(String token)) {
      return Authorization.lasting("Bearer " + token, own, nanoTime.getAsLong());
    }
    if (isScheme(challenge, "basic")) {
      return basic(request, own);
    }
    String realm = challenge.authParams().getOrDefault("realm", "");
    String service = challenge.authParams().getOrDefault("service", "");
    return tokenServer.fetch(new TokenServer.Wanted(realm, service, scope), own, request);
  }

  private Authorization basic(RegistryRequest request, Credentials own) throws RegistryException {
    if (own instanceof Credentials.UsernamePassword(String username, String password)) {
      return Authorization.lasting(
          okhttp3.Credentials.basic(username, password, StandardCharsets.UTF_8),
          own,
          nanoTime.getAsLong());
    }
    boolean refused =
        credentials.hasRefused(request.host().registry(), request.purpose().scope().repository());
    throw refused ? Failures.refused(request) : Failures.nameless(request);
  }
}
