package io.loadstar.registry;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.credentials.DockerConfigCredentials;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * How registries are reached. Immutable.
 *
 * @param plainHttp which hosts are spoken to without TLS
 * @param mirrors hosts to be asked, in order, before the registry itself, by the registry's name as
 *     references have it; only for reading
 * @param credentials who we are
 * @param timeouts how long is waited for what
 * @param retries how often is tried again
 * @param traffic is told of requests and bytes
 */
public record RegistryAccess(
    PlainHttp plainHttp,
    Map<String, List<Mirror>> mirrors,
    CredentialSource credentials,
    Timeouts timeouts,
    RetryPolicy retries,
    RegistryTraffic traffic) {

  public RegistryAccess {
    mirrors =
        mirrors.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, entry -> List.copyOf(entry.getValue())));
  }

  /** TLS but for this machine, no mirrors, the user's docker credentials. */
  public static RegistryAccess defaults() {
    return new RegistryAccess(
        PlainHttp.loopbackOnly(),
        Map.of(),
        DockerConfigCredentials.ofUser(),
        Timeouts.defaults(),
        RetryPolicy.defaults(),
        RegistryTraffic.ignored());
  }

  public RegistryAccess withPlainHttp(PlainHttp rule) {
    return new RegistryAccess(rule, mirrors, credentials, timeouts, retries, traffic);
  }

  public RegistryAccess withMirrors(Map<String, List<Mirror>> byHost) {
    return new RegistryAccess(plainHttp, byHost, credentials, timeouts, retries, traffic);
  }

  public RegistryAccess withCredentials(CredentialSource source) {
    return new RegistryAccess(plainHttp, mirrors, source, timeouts, retries, traffic);
  }

  public RegistryAccess withTimeouts(Timeouts limits) {
    return new RegistryAccess(plainHttp, mirrors, credentials, limits, retries, traffic);
  }

  public RegistryAccess withRetries(RetryPolicy policy) {
    return new RegistryAccess(plainHttp, mirrors, credentials, timeouts, policy, traffic);
  }

  public RegistryAccess withTraffic(RegistryTraffic listener) {
    return new RegistryAccess(plainHttp, mirrors, credentials, timeouts, retries, listener);
  }
}
