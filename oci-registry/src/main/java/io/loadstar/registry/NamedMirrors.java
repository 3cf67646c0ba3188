package io.loadstar.registry;

import io.loadstar.registry.hosts.ConfiguredHost;
import io.loadstar.registry.hosts.RegistryHosts;
import java.net.URI;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/**
 * Mirrors by registry, as stargz-snapshotter's configuration has them; for registries that aren't
 * among them, another source of hosts. Immutable.
 */
public final class NamedMirrors implements RegistryHosts {

  private final Map<String, List<Mirror>> mirrors;
  private final RegistryHosts others;
  private final PlainHttp plainHttp;

  /**
   * @param mirrors to be asked in their order, before the registry itself; only for reading
   * @param others for the registries that {@code mirrors} doesn't have
   * @param plainHttp which mirrors are spoken to without TLS although they aren't said to be
   *     insecure
   */
  public NamedMirrors(
      Map<String, List<Mirror>> mirrors, RegistryHosts others, PlainHttp plainHttp) {
    this.mirrors =
        mirrors.entrySet().stream()
            .collect(
                Collectors.toUnmodifiableMap(
                    Map.Entry::getKey, entry -> List.copyOf(entry.getValue())));
    this.others = others;
    this.plainHttp = plainHttp;
  }

  @Override
  public List<ConfiguredHost> find(String registry, ConfiguredHost usual) {
    List<Mirror> named = mirrors.get(registry);
    if (named == null) {
      return others.find(registry, usual);
    }
    List<ConfiguredHost> hosts = new ArrayList<>();
    for (Mirror mirror : named) {
      boolean plain =
          mirror.protection() == Mirror.Protection.NONE || plainHttp.allows(mirror.host());
      URI base = URI.create((plain ? "http://" : "https://") + mirror.host() + "/v2");
      hosts.add(ConfiguredHost.usual(base).readOnly());
    }
    hosts.add(usual);
    return hosts;
  }
}
