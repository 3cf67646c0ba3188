package io.loadstar.registry;

import io.loadstar.registry.hosts.ClientCertificate;
import io.loadstar.registry.hosts.HostTls;
import io.loadstar.registry.proxy.ProxyServer;
import io.loadstar.registry.tls.SecureSockets;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Proxy;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.ConnectionSpec;
import okhttp3.HttpUrl;
import okhttp3.OkHttpClient;
import okhttp3.Request;

/**
 * HTTP clients by what a connection needs: trust, a proxy, patience. They share one pool of
 * connections. Thread-safe. Certificates are read when the first connection needs them, and again
 * when their files have changed.
 */
final class HttpClients implements Closeable {

  /** Enough for a node that pulls several images at once; idle ones cost a descriptor each. */
  private static final int IDLE_CONNECTIONS = 32;

  private static final long IDLE_MINUTES = 5;

  /** Above this many, all are dropped; connections under way go on. */
  private static final int MAX_KEPT = 200;

  private static final String PROXY_AUTHORIZATION = "Proxy-Authorization";

  private final Network network;
  private final OkHttpClient base;
  private final ConcurrentMap<Key, OkHttpClient> clients = new ConcurrentHashMap<>();

  private record Key(Trust trust, Optional<ProxyServer> proxy, Duration connect, Duration answer) {}

  /**
   * @param tls what is asked of TLS; empty for a connection in the clear
   * @param stamp changes when a file of {@code tls} does
   */
  private record Trust(Optional<HostTls> tls, String stamp) {}

  HttpClients(RegistryAccess access) {
    this.network = access.network();
    this.base =
        new OkHttpClient.Builder()
            .connectionPool(new ConnectionPool(IDLE_CONNECTIONS, IDLE_MINUTES, TimeUnit.MINUTES))
            .connectionSpecs(List.of(ConnectionSpec.CLEARTEXT))
            .socketFactory(PromptSockets.plain())
            .followRedirects(false)
            .followSslRedirects(false)
            .writeTimeout(network.timeouts().stall())
            .addNetworkInterceptor(new RedirectGuard(network.redirects()))
            .addNetworkInterceptor(new TrafficInterceptor(access.traffic()))
            .build();
  }

  /**
   * The client for one exchange.
   *
   * @param host whose configuration counts, also for where it redirects to
   * @throws IOException if certificates that are named can't be used
   */
  OkHttpClient find(HttpUrl url, RegistryHost host, RegistryRequest.Patience patience)
      throws IOException {
    Timeouts timeouts = network.timeouts();
    HostTls tls = host.configured().tls();
    Key key =
        new Key(
            url.isHttps()
                ? new Trust(Optional.of(tls), stamp(tls))
                : new Trust(Optional.empty(), ""),
            network.proxies().find(url.scheme(), url.host(), url.port()),
            host.configured().connect().orElse(timeouts.connect()),
            switch (patience) {
              case ANSWER -> timeouts.firstByte();
              case COMMIT -> timeouts.commit();
            });
    OkHttpClient present = clients.get(key);
    if (present != null) {
      return present;
    }
    OkHttpClient made = make(key);
    if (clients.size() >= MAX_KEPT) {
      clients.clear();
    }
    OkHttpClient other = clients.putIfAbsent(key, made);
    return other == null ? made : other;
  }

  private OkHttpClient make(Key key) throws IOException {
    OkHttpClient.Builder client =
        base.newBuilder().connectTimeout(key.connect()).readTimeout(key.answer());
    if (key.trust().tls().isPresent()) {
      secure(client, SecureSockets.of(key.trust().tls().get(), network.environment()));
    }
    client.proxy(Proxy.NO_PROXY);
    if (key.proxy().isPresent()) {
      through(client, key.proxy().get(), key.trust().tls().isPresent());
    }
    return client.build();
  }

  private static void secure(OkHttpClient.Builder client, SecureSockets sockets) {
    client
        .connectionSpecs(List.of(ConnectionSpec.MODERN_TLS))
        .sslSocketFactory(sockets.factory(), sockets.trust());
    switch (sockets.check()) {
      case FULL -> {}
      case NONE -> client.hostnameVerifier((name, session) -> true);
    }
  }

  private void through(OkHttpClient.Builder client, ProxyServer proxy, boolean tunnelled)
      throws IOException {
    InetSocketAddress address = InetSocketAddress.createUnresolved(proxy.host(), proxy.port());
    switch (proxy.kind()) {
      case HTTP -> client.proxy(new Proxy(Proxy.Type.HTTP, address));
      case HTTPS -> {
        client.proxy(new Proxy(Proxy.Type.HTTP, address));
        SecureSockets own = SecureSockets.of(HostTls.usual(), network.environment());
        client.socketFactory(PromptSockets.toSecureProxy(own.factory()));
      }
      case SOCKS5 -> client.proxy(new Proxy(Proxy.Type.SOCKS, address));
    }
    proxy.authorization().ifPresent(value -> authorize(client, value, tunnelled));
  }

  /** Unasked: a proxy that asks with 407 costs a round trip, and a body that is gone. */
  private static void authorize(OkHttpClient.Builder client, String value, boolean tunnelled) {
    if (tunnelled) {
      client.proxyAuthenticator((route, response) -> {
        Request request = response.request();
        return request.header(PROXY_AUTHORIZATION) != null
            ? null
            : request.newBuilder().header(PROXY_AUTHORIZATION, value).build();
      });
    } else {
      client.addNetworkInterceptor(chain ->
          chain.proceed(chain.request().newBuilder().header(PROXY_AUTHORIZATION, value).build()));
    }
  }

  private static String stamp(HostTls tls) {
    if (tls.authorities().isEmpty() && tls.clients().isEmpty()) {
      return "";
    }
    StringBuilder stamp = new StringBuilder();
    for (Path file : tls.authorities()) {
      stamp.append(time(file)).append(' ');
    }
    for (ClientCertificate client : tls.clients()) {
      stamp.append(time(client.certificate())).append(' ').append(time(client.key())).append(' ');
    }
    return stamp.toString();
  }

  private static String time(Path file) {
    try {
      return Files.getLastModifiedTime(file).toString();
    } catch (IOException e) {
      return "none";
    }
  }

  /** Ends idle connections and refuses nothing: transfers under way go on. */
  @Override
  public void close() {
    base.connectionPool().evictAll();
    base.dispatcher().executorService().shutdown();
  }
}
