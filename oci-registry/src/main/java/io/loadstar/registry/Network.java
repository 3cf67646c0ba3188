package io.loadstar.registry;

import io.loadstar.registry.proxy.ProxyRules;
import java.util.Map;

/**
 * The network that registries are in. Immutable.
 *
 * @param timeouts how long is waited for what
 * @param proxies by which proxy a server is reached
 * @param redirects where a registry may send us
 * @param environment the process's, for {@code SSL_CERT_FILE} and {@code SSL_CERT_DIR}
 */
public record Network(
    Timeouts timeouts,
    ProxyRules proxies,
    RedirectRule redirects,
    Map<String, String> environment) {

  public Network {
    environment = Map.copyOf(environment);
  }

  /**
   * What the process's environment says, with usual limits.
   *
   * @throws IllegalArgumentException if it names a proxy that can't be used
   */
  public static Network ofProcess() {
    return of(System.getenv());
  }

  /**
   * What a process's environment says, with usual limits.
   *
   * @throws IllegalArgumentException as {@link #ofProcess}
   */
  public static Network of(Map<String, String> environment) {
    return new Network(
        Timeouts.defaults(),
        ProxyRules.of(environment),
        RedirectRule.NO_PUBLIC_TO_PRIVATE,
        environment);
  }

  public Network withTimeouts(Timeouts limits) {
    return new Network(limits, proxies, redirects, environment);
  }

  public Network withProxies(ProxyRules rules) {
    return new Network(timeouts, rules, redirects, environment);
  }

  public Network withRedirects(RedirectRule rule) {
    return new Network(timeouts, proxies, rule, environment);
  }

  public Network withEnvironment(Map<String, String> variables) {
    return new Network(timeouts, proxies, redirects, variables);
  }

  /** Without what it knows of the environment, where secrets may be. */
  @Override
  public String toString() {
    return "Network[" + timeouts + "]";
  }
}
