package io.loadstar.registry.hosts;

/** What a host is trusted with, in the words of {@code hosts.toml}. */
public enum HostCapability {
  /** Content by its digest, which the reader checks. */
  PULL,
  /** What a tag names: whoever is asked for that decides what runs. */
  RESOLVE,
  /** Taking content. */
  PUSH,
  /** What speaks of a manifest. */
  REFERRERS
}
