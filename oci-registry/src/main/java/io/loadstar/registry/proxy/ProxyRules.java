package io.loadstar.registry.proxy;

import java.net.URI;
import java.net.URISyntaxException;
import java.net.URLDecoder;
import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * By which proxy a server is reached: {@code HTTPS_PROXY}, {@code HTTP_PROXY} and {@code NO_PROXY},
 * in small letters as well, as containerd reads them. Immutable. Source: Go,
 * golang.org/x/net/http/httpproxy.
 *
 * <p>This machine itself is never reached by a proxy, whatever the variables say.
 */
public final class ProxyRules {

  private final Optional<ProxyServer> forHttps;
  private final Optional<ProxyServer> forHttp;
  private final NoProxy exceptions;

  private ProxyRules(
      Optional<ProxyServer> forHttps, Optional<ProxyServer> forHttp, NoProxy exceptions) {
    this.forHttps = forHttps;
    this.forHttp = forHttp;
    this.exceptions = exceptions;
  }

  /** No proxy, whatever the environment says. */
  public static ProxyRules direct() {
    return new ProxyRules(Optional.empty(), Optional.empty(), NoProxy.parse(""));
  }

  /**
   * What an environment says.
   *
   * @throws IllegalArgumentException if it names a proxy that can't be used; the message has no
   *     credentials
   */
  public static ProxyRules of(Map<String, String> environment) {
    return new ProxyRules(
        server(environment, "HTTPS_PROXY"),
        server(environment, "HTTP_PROXY"),
        NoProxy.parse(value(environment, "NO_PROXY")));
  }

  /**
   * The proxy for a server, if it is reached by one.
   *
   * @param scheme {@code http} or {@code https}
   * @param host a name, or an address without brackets
   */
  public Optional<ProxyServer> find(String scheme, String host, int port) {
    Optional<ProxyServer> proxy = scheme.equals("https") ? forHttps : forHttp;
    return proxy.isEmpty() || exceptions.matches(host, port) ? Optional.empty() : proxy;
  }

  private static String value(Map<String, String> environment, String name) {
    String loud = environment.getOrDefault(name, "");
    return loud.isEmpty()
        ? environment.getOrDefault(name.toLowerCase(Locale.ROOT), "").strip()
        : loud.strip();
  }

  private static Optional<ProxyServer> server(Map<String, String> environment, String name) {
    String value = value(environment, name);
    if (value.isEmpty()) {
      return Optional.empty();
    }
    try {
      return Optional.of(server(new URI(value.contains("://") ? value : "http://" + value), name));
    } catch (URISyntaxException e) {
      // Not as the cause: it quotes the value, which may have a password.
      throw new IllegalArgumentException(name + " isn't the URL of a proxy");
    }
  }

  private static ProxyServer server(URI url, String name) {
    if (url.getHost() == null) {
      throw new IllegalArgumentException(name + " isn't the URL of a proxy");
    }
    Optional<String> user =
        Optional.ofNullable(url.getRawUserInfo())
            .map(raw -> URLDecoder.decode(raw.replace("+", "%2B"), StandardCharsets.UTF_8));
    String host = url.getHost().replaceAll("[\\[\\]]", "");
    return switch (url.getScheme().toLowerCase(Locale.ROOT)) {
      case "http" -> new ProxyServer(ProxyServer.Kind.HTTP, host, port(url, 80), user);
      case "https" -> new ProxyServer(ProxyServer.Kind.HTTPS, host, port(url, 443), user);
      case "socks5", "socks5h" -> {
        if (user.isPresent()) {
          throw new IllegalArgumentException(name + ": a SOCKS proxy with a password isn't served");
        }
        yield new ProxyServer(ProxyServer.Kind.SOCKS5, host, port(url, 1080), user);
      }
      default -> throw new IllegalArgumentException(name + " is neither http, https nor socks5");
    };
  }

  private static int port(URI url, int otherwise) {
    return url.getPort() < 0 ? otherwise : url.getPort();
  }
}
