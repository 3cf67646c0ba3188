package io.loadstar.registry;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.credentials.UserCredentials;
import io.loadstar.registry.hosts.RegistryHosts;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;

/**
 * How registries are reached. Immutable.
 *
 * @param plainHttp which registries are spoken to without TLS where {@code hosts} says nothing
 * @param hosts which hosts answer for which registry
 * @param credentials who we are
 * @param network what is between us and them
 * @param retries how often a request is tried again that fails for the moment
 * @param reads how often bytes of a blob that was found are: who reads them can't do without
 * @param traffic is told of requests and bytes
 */
public record RegistryAccess(
    PlainHttp plainHttp,
    RegistryHosts hosts,
    CredentialSource credentials,
    Network network,
    RetryPolicy retries,
    RetryPolicy reads,
    RegistryTraffic traffic) {

  /**
   * TLS but for this machine, no mirrors, the user's logins, the environment's proxies.
   *
   * @throws IllegalArgumentException if the environment names a proxy that can't be used
   */
  public static RegistryAccess defaults() {
    return of(System.getenv(), Path.of(System.getProperty("user.home", "/")));
  }

  /**
   * The same for another process than this.
   *
   * @param environment that process's
   * @param home its user's directory
   * @throws IllegalArgumentException as {@link #defaults}
   */
  public static RegistryAccess of(Map<String, String> environment, Path home) {
    return new RegistryAccess(
        PlainHttp.loopbackOnly(),
        RegistryHosts.themselves(),
        UserCredentials.of(environment, home),
        Network.of(environment),
        RetryPolicy.defaults(),
        RetryPolicy.patient(Duration.ofSeconds(30)),
        RegistryTraffic.ignored());
  }

  public RegistryAccess withPlainHttp(PlainHttp rule) {
    return new RegistryAccess(rule, hosts, credentials, network, retries, reads, traffic);
  }

  public RegistryAccess withHosts(RegistryHosts source) {
    return new RegistryAccess(plainHttp, source, credentials, network, retries, reads, traffic);
  }

  public RegistryAccess withCredentials(CredentialSource source) {
    return new RegistryAccess(plainHttp, hosts, source, network, retries, reads, traffic);
  }

  public RegistryAccess withNetwork(Network between) {
    return new RegistryAccess(plainHttp, hosts, credentials, between, retries, reads, traffic);
  }

  public RegistryAccess withReads(RetryPolicy policy) {
    return new RegistryAccess(plainHttp, hosts, credentials, network, retries, policy, traffic);
  }

  public RegistryAccess withTraffic(RegistryTraffic listener) {
    return new RegistryAccess(plainHttp, hosts, credentials, network, retries, reads, listener);
  }
}
