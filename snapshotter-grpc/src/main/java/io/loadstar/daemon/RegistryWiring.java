package io.loadstar.daemon;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.registry.CountedTraffic;
import io.loadstar.registry.Network;
import io.loadstar.registry.PlainHttp;
import io.loadstar.registry.RegistryAccess;
import io.loadstar.registry.RetryPolicy;
import io.loadstar.registry.Timeouts;

/**
 * The part of {@link Wiring} that says how registries are reached. Immutable, but for the hosts.
 *
 * @param configuration what is configured
 * @param hosts the hosts of it, which may be read again
 */
record RegistryWiring(Configuration configuration, ReloadableHosts hosts) {

  private static final PlainHttp PLAIN_HTTP = PlainHttp.loopbackOnly();

  static RegistryWiring of(Configuration configuration) {
    return new RegistryWiring(
        configuration, new ReloadableHosts(configuration.resolver(), PLAIN_HTTP));
  }

  /**
   * What a client of registries needs.
   *
   * @param traffic is told what is transferred
   * @param credentials says who we are
   * @throws MalformedConfigurationException if the environment names proxies that can't be used
   */
  RegistryAccess access(CountedTraffic traffic, CredentialSource credentials)
      throws MalformedConfigurationException {
    Timeouts usual = Timeouts.defaults();
    Configuration.Resolver resolver = configuration.resolver();
    Timeouts timeouts =
        new Timeouts(usual.connect(), resolver.requestTimeout(), usual.stall(), usual.commit());
    return new RegistryAccess(
        PLAIN_HTTP,
        hosts,
        credentials,
        network().withTimeouts(timeouts).withRedirects(resolver.redirects()),
        RetryPolicy.defaults(),
        RetryPolicy.patient(configuration.fetch().readTimeout()),
        traffic);
  }

  private static Network network() throws MalformedConfigurationException {
    try {
      return Network.ofProcess();
    } catch (IllegalArgumentException e) {
      throw new MalformedConfigurationException("environment: " + e.getMessage());
    }
  }
}
