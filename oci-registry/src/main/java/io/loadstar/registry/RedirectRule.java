package io.loadstar.registry;

import java.net.Inet6Address;
import java.net.InetAddress;

/**
 * Says where a registry may send us: by a redirect of a blob, or by naming a token server. A
 * registry on the internet that sends us to an address inside of our network has us ask, from
 * there, what it couldn't ask itself. Thread-safe.
 */
@FunctionalInterface
public interface RedirectRule {

  /**
   * Whether it may.
   *
   * @param registry the registry's own address
   * @param target where it sends us
   */
  boolean allows(InetAddress registry, InetAddress target);

  /** From private addresses anywhere, from public ones to public ones only. */
  RedirectRule NO_PUBLIC_TO_PRIVATE =
      (registry, target) -> isPrivate(registry) || !isPrivate(target);

  /** Anywhere, because the configuration says so. */
  RedirectRule ANYWHERE = (registry, target) -> true;

  /**
   * Whether an address isn't one of the internet. Sources: RFC 1918, RFC 3927 (link-local, with the
   * metadata services of clouds), RFC 4193, RFC 6598 (between a provider and its customers).
   */
  private static boolean isPrivate(InetAddress address) {
    byte[] bytes = address.getAddress();
    boolean unique = address instanceof Inet6Address && (bytes[0] & 0xfe) == 0xfc;
    boolean shared = bytes.length == 4 && bytes[0] == 100 && (bytes[1] & 0xc0) == 64;
    return unique
        || shared
        || address.isLoopbackAddress()
        || address.isAnyLocalAddress()
        || address.isLinkLocalAddress()
        || address.isSiteLocalAddress()
        || address.isMulticastAddress();
  }
}
