package io.loadstar.registry.hosts;

import java.util.List;

/** Knows which hosts answer for a registry. Thread-safe. */
@FunctionalInterface
public interface RegistryHosts {

  /**
   * The hosts to ask, in this order. Asked for again and again, so that a change of the
   * configuration counts at once.
   *
   * @param registry as references name it, with its port if it has one
   * @param usual the registry's own server, for where nothing else is said
   * @return none where the configuration leaves none
   */
  List<ConfiguredHost> find(String registry, ConfiguredHost usual);

  /** Each registry's own server, nothing else. */
  static RegistryHosts themselves() {
    return (registry, usual) -> List.of(usual);
  }
}
