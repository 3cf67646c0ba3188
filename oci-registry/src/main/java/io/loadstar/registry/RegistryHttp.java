package io.loadstar.registry;

import java.io.Closeable;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.LongSupplier;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Sends requests to registries: brings the authorization that they want, follows redirects, and
 * turns errors into exceptions. Thread-safe.
 *
 * <p>An authorization, and what {@code hosts.toml} has sent, goes to the server whose it is and to
 * no other: a redirect to another scheme, host or port is followed without it.
 */
final class RegistryHttp implements Closeable {

  private static final int MAX_REDIRECTS = 5;
  private static final int UNAUTHORIZED = 401;
  private static final int FORBIDDEN = 403;

  /** With the first challenge, and with credentials of which some have been refused. */
  private static final int MAX_TRIES = 8;

  private static final Set<Integer> REDIRECTS = Set.of(301, 302, 303, 307, 308);

  private final HttpExchanges exchanges;
  private final Authorizer authorizer;
  private final RetryLoop retries;
  private final RetryLoop readRetries;
  private final PlainHttp plainHttp;

  private final HostHealth health;
  private final RangelessHosts rangeless;

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  RegistryHttp(RegistryAccess access, LongSupplier nanoTime) {
    RetryBudget budget = new RetryBudget(nanoTime);
    OutageLog outages = new OutageLog(nanoTime);
    this.health = new HostHealth(nanoTime);
    this.rangeless = new RangelessHosts(nanoTime);
    this.exchanges = new HttpExchanges(access, budget);
    this.plainHttp = access.plainHttp();
    this.authorizer =
        new Authorizer(
            access.credentials(),
            new TokenServer(exchanges, access.plainHttp(), nanoTime),
            nanoTime);
    this.retries = new RetryLoop(access.retries(), budget, outages, nanoTime);
    this.readRetries = new RetryLoop(access.reads(), budget, outages, nanoTime);
  }

  RangelessHosts rangeless() {
    return rangeless;
  }

  RetryLoop retries() {
    return retries;
  }

  RetryLoop readRetries() {
    return readRetries;
  }

  /** Sends a request, again and again if it fails for the moment. The caller closes the answer. */
  Response sendPatiently(RegistryRequest request) throws IOException {
    return retries.run(() -> send(request));
  }

  /**
   * Sends a request once (and again with an authorization, if it is asked for one, and with other
   * credentials where those it had are refused). The caller closes the answer.
   *
   * @throws RegistryException if there is no answer, or one that isn't expected
   */
  Response send(RegistryRequest request) throws IOException {
    Optional<Authorization> brought =
        request.host().owns(request.http().url())
            ? authorizer.authorize(request)
            : Optional.empty();
    Response response = follow(request, brought.orElse(null));
    for (int tries = 0; tries < MAX_TRIES && isRefusal(request, response, brought); tries++) {
      Optional<Authorization> another;
      try {
        another = another(request, response, brought, tries);
      } catch (IOException | RuntimeException e) {
        response.close();
        throw e;
      }
      if (another.isEmpty()) {
        break;
      }
      response.close();
      brought = another;
      response = follow(request, brought.get());
    }
    if (request.expects(response.code())) {
      return response;
    }
    try (Response failed = response) {
      throw Failures.answered(request, failed);
    }
  }

  /** Some registries say 403 of a login that is over: those of AWS. */
  private static boolean isRefusal(
      RegistryRequest request, Response response, Optional<Authorization> brought) {
    boolean refusal =
        response.code() == UNAUTHORIZED || (response.code() == FORBIDDEN && brought.isPresent());
    return refusal && request.host().owns(response.request().url());
  }

  private Optional<Authorization> another(
      RegistryRequest request, Response response, Optional<Authorization> brought, int tries)
      throws IOException {
    if (tries == 0 && response.code() == UNAUTHORIZED) {
      return Optional.of(authorizer.answer(request, response, brought.orElse(null)));
    }
    if (brought.isEmpty()) {
      return Optional.empty();
    }
    return tries == 0 && brought.get().isToken()
        ? authorizer.renew(request, brought.get())
        : authorizer.replace(request, brought.get());
  }

  /**
   * Asks hosts in their order, those that have failed lately last.
   *
   * @throws IOException the last one's failure, with the others' in it
   */
  <T> T firstOf(List<RegistryHost> hosts, HostHealth.HostCall<T> call) throws IOException {
    return health.firstOf(hosts, call);
  }

  byte[] readCapped(Response response, int limit, String object) throws IOException {
    return exchanges.readCapped(response, limit, object);
  }

  private Response follow(RegistryRequest request, @Nullable Authorization authorization)
      throws IOException {
    HttpUrl url = request.http().url();
    for (int hops = 0; ; hops++) {
      Request.Builder hop = request.http().newBuilder().url(url);
      if (request.host().owns(url)) {
        request
            .host()
            .configured()
            .headers()
            .forEach((name, values) -> {
              hop.removeHeader(name);
              values.forEach(value -> hop.addHeader(name, value));
            });
        if (authorization != null) {
          hop.header("Authorization", authorization.header());
        }
      }
      Response response = exchanges.exchange(hop.build(), request);
      if (!REDIRECTS.contains(response.code()) || request.expects(response.code())) {
        return response;
      }
      try (Response redirect = response) {
        url = target(request, redirect, hops);
      }
    }
  }

  private HttpUrl target(RegistryRequest request, Response redirect, int hops)
      throws RegistryException {
    String object = request.purpose().object();
    String method = request.http().method();
    if (hops >= MAX_REDIRECTS || !(method.equals("GET") || method.equals("HEAD"))) {
      throw Failures.nonsense(redirect, object, "redirects " + method + " once too often");
    }
    return location(redirect, object);
  }

  /**
   * Where a {@code Location} header leads.
   *
   * @throws RegistryException if nowhere, or to a host that may not be spoken to in the clear
   */
  HttpUrl location(Response response, String object) throws RegistryException {
    String header = response.header("Location");
    HttpUrl url = header == null ? null : response.request().url().resolve(header);
    if (url == null) {
      throw Failures.nonsense(response, object, "sent no usable Location");
    }
    HttpUrl from = response.request().url();
    String authority = RegistryHost.authority(url);
    boolean plainAllowed =
        !from.isHttps()
            && (authority.equals(RegistryHost.authority(from)) || plainHttp.allows(authority));
    if (!url.isHttps() && !plainAllowed) {
      throw Failures.nonsense(response, object, "leads to a place without TLS");
    }
    return url;
  }

  @Override
  public void close() {
    exchanges.close();
  }
}
