package io.loadstar.registry;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.credentials.UserCredentials;
import io.loadstar.registry.hosts.RegistryHosts;

/**
 * How registries are reached. Immutable.
 *
 * @param plainHttp which registries are spoken to without TLS where {@code hosts} says nothing
 * @param hosts which hosts answer for which registry
 * @param credentials who we are
 * @param network what is between us and them
 * @param retries how often is tried again
 * @param traffic is told of requests and bytes
 */
public record RegistryAccess(
    PlainHttp plainHttp,
    RegistryHosts hosts,
    CredentialSource credentials,
    Network network,
    RetryPolicy retries,
    RegistryTraffic traffic) {

  /**
   * TLS but for this machine, no mirrors, the user's logins, the environment's proxies.
   *
   * @throws IllegalArgumentException if the environment names a proxy that can't be used
   */
  public static RegistryAccess defaults() {
    return new RegistryAccess(
        PlainHttp.loopbackOnly(),
        RegistryHosts.themselves(),
        UserCredentials.ofProcess(),
        Network.ofProcess(),
        RetryPolicy.defaults(),
        RegistryTraffic.ignored());
  }

  public RegistryAccess withPlainHttp(PlainHttp rule) {
    return new RegistryAccess(rule, hosts, credentials, network, retries, traffic);
  }

  public RegistryAccess withHosts(RegistryHosts source) {
    return new RegistryAccess(plainHttp, source, credentials, network, retries, traffic);
  }

  public RegistryAccess withCredentials(CredentialSource source) {
    return new RegistryAccess(plainHttp, hosts, source, network, retries, traffic);
  }

  public RegistryAccess withNetwork(Network between) {
    return new RegistryAccess(plainHttp, hosts, credentials, between, retries, traffic);
  }

  public RegistryAccess withRetries(RetryPolicy policy) {
    return new RegistryAccess(plainHttp, hosts, credentials, network, policy, traffic);
  }

  public RegistryAccess withTraffic(RegistryTraffic listener) {
    return new RegistryAccess(plainHttp, hosts, credentials, network, retries, listener);
  }
}
