package io.loadstar.registry.proxy;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Optional;

/**
 * A proxy. Immutable. Its {@code toString} doesn't have the credentials.
 *
 * @param kind how it is spoken to
 * @param host its name or address
 * @param port its port
 * @param userInfo {@code name:password}, if it wants to know who asks
 */
public record ProxyServer(Kind kind, String host, int port, Optional<String> userInfo) {

  /** What is spoken with a proxy. */
  public enum Kind {
    HTTP,
    /** HTTP under TLS, from here to the proxy. */
    HTTPS,
    SOCKS5
  }

  /** The value of {@code Proxy-Authorization}, if it wants one. Source: RFC 7617. */
  public Optional<String> authorization() {
    return userInfo.map(pair ->
        "Basic " + Base64.getEncoder().encodeToString(pair.getBytes(StandardCharsets.UTF_8)));
  }

  @Override
  public String toString() {
    return kind + " proxy " + host + ":" + port;
  }
}
