package io.loadstar.registry;

import java.util.Locale;
import java.util.Set;

/**
 * Says which hosts may be spoken to without TLS. Whatever the rule, hosts on this machine may.
 * Thread-safe.
 */
@FunctionalInterface
public interface PlainHttp {

  /**
   * Whether {@code host} is spoken to by plain HTTP.
   *
   * @param host a host name or address, with its port if one is given ({@code [::1]:5000})
   */
  boolean allows(String host);

  /** Only hosts on this machine: {@code localhost}, 127.0.0.0/8, {@code [::1]}. */
  static PlainHttp loopbackOnly() {
    return PlainHttp::isLoopback;
  }

  /** Hosts on this machine, and these. */
  static PlainHttp hosts(Set<String> hosts) {
    Set<String> named = Set.copyOf(hosts);
    return host -> isLoopback(host) || named.contains(host);
  }

  /** Every host, because the user said so. */
  static PlainHttp everywhere() {
    return host -> true;
  }

  private static boolean isLoopback(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    int colon = name.lastIndexOf(':');
    if (colon > name.lastIndexOf(']') && (name.startsWith("[") || name.indexOf(':') == colon)) {
      name = name.substring(0, colon);
    }
    return name.equals("localhost")
        || name.equals("[::1]")
        || name.equals("::1")
        || name.matches("127(\\.\\d{1,3}){3}");
  }
}
