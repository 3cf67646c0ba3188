package io.loadstar.daemon;

import io.loadstar.registry.NamedMirrors;
import io.loadstar.registry.PlainHttp;
import io.loadstar.registry.hosts.ConfiguredHost;
import io.loadstar.registry.hosts.ContainerdHosts;
import io.loadstar.registry.hosts.RegistryHosts;
import java.util.List;

/** The hosts that the configuration names, which may be read again. Thread-safe. */
final class ReloadableHosts implements RegistryHosts {

  private final PlainHttp plainHttp;
  private volatile RegistryHosts current;

  ReloadableHosts(Configuration.Resolver first, PlainHttp plainHttp) {
    this.plainHttp = plainHttp;
    this.current = hosts(first);
  }

  /** From now on these. */
  void follow(Configuration.Resolver resolver) {
    current = hosts(resolver);
  }

  @Override
  public List<ConfiguredHost> find(String registry, ConfiguredHost usual) {
    return current.find(registry, usual);
  }

  private RegistryHosts hosts(Configuration.Resolver resolver) {
    return new NamedMirrors(
        resolver.mirrors(), ContainerdHosts.of(resolver.configPath()), plainHttp);
  }
}
