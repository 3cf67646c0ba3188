package io.loadstar.registry.hosts;

import java.net.URI;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * One host that answers for a registry. Immutable. Its {@code toString} has no header's value,
 * which may be a secret.
 *
 * @param base scheme, host, port and the path of its API, without a slash at the end: {@code
 *     https://host:5000/v2}
 * @param capabilities what it is asked for
 * @param tls how we make sure of each other
 * @param headers what is sent to it with each request
 * @param connect how long is waited for a connection, if not as usual
 */
public record ConfiguredHost(
    URI base,
    Set<HostCapability> capabilities,
    HostTls tls,
    Map<String, List<String>> headers,
    Optional<Duration> connect) {

  public ConfiguredHost {
    if (base.getRawAuthority() == null) {
      throw new IllegalArgumentException(base + " names no host");
    }
    capabilities = Set.copyOf(capabilities);
    headers =
        headers.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, entry -> List.copyOf(entry.getValue())));
  }

  /** A host that is asked for everything, in the usual way. */
  public static ConfiguredHost usual(URI base) {
    return new ConfiguredHost(
        base, EnumSet.allOf(HostCapability.class), HostTls.usual(), Map.of(), Optional.empty());
  }

  /** This host for nothing but reading. */
  public ConfiguredHost readOnly() {
    return new ConfiguredHost(
        base, Set.of(HostCapability.PULL, HostCapability.RESOLVE), tls, headers, connect);
  }

  /**
   * This host with the trust that is configured for it. What has certificates is spoken to under
   * TLS, also where plain HTTP is the rule.
   */
  ConfiguredHost with(HostTls configured) {
    URI secure =
        configured.isUsual() || !"http".equals(base.getScheme())
            ? base
            : URI.create("https" + base.toString().substring("http".length()));
    return new ConfiguredHost(secure, capabilities, configured, headers, connect);
  }

  /** Whether it may be asked for that. */
  public boolean can(HostCapability capability) {
    return capabilities.contains(capability);
  }

  @Override
  public String toString() {
    return base + " " + capabilities + " " + tls + " " + headers.keySet();
  }
}
