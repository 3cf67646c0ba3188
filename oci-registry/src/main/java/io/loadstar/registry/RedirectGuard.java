package io.loadstar.registry;

import java.io.IOException;
import java.net.InetAddress;
import java.net.Proxy;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import okhttp3.Connection;
import okhttp3.Interceptor;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Sends nothing where a registry may not send us. Thread-safe.
 *
 * <p>It looks at the address of the connection that is there, after names were resolved, so that no
 * answer of a DNS server can get around it. Behind a proxy, which resolves names itself, only an
 * address in the URL can be judged.
 */
final class RedirectGuard implements Interceptor {

  /** Above this many, all are dropped: each is seen again before it can send us anywhere. */
  private static final int MAX_KEPT = 1000;

  private final RedirectRule rule;
  private final ConcurrentMap<String, InetAddress> registries = new ConcurrentHashMap<>();

  /** A redirect that isn't followed. */
  static final class Refused extends IOException {
    private static final long serialVersionUID = 1;

    private Refused(String message) {
      super(message);
    }
  }

  RedirectGuard(RedirectRule rule) {
    this.rule = rule;
  }

  @Override
  public Response intercept(Chain chain) throws IOException {
    Request request = chain.request();
    RegistryHost host = request.tag(RegistryHost.class);
    if (host != null) {
      Optional<InetAddress> address = address(chain);
      if (address.isPresent()) {
        judge(host, request, address.get());
      }
    }
    return chain.proceed(request);
  }

  private void judge(RegistryHost host, Request request, InetAddress address) throws Refused {
    if (host.owns(request.url())) {
      if (registries.size() > MAX_KEPT) {
        registries.clear();
      }
      registries.put(host.origin(), address);
      return;
    }
    InetAddress registry = registries.get(host.origin());
    if (registry != null && !rule.allows(registry, address)) {
      throw new Refused(
          "it sends us to "
              + RegistryHost.authority(request.url())
              + ", the private address "
              + address.getHostAddress());
    }
  }

  private static Optional<InetAddress> address(Chain chain) {
    Connection connection = chain.connection();
    if (connection == null) {
      return Optional.empty();
    }
    if (connection.route().proxy().type() == Proxy.Type.DIRECT) {
      return Optional.ofNullable(connection.socket().getInetAddress());
    }
    try {
      return Optional.of(InetAddress.ofLiteral(chain.request().url().host()));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }
}
