package io.loadstar.snapshot;

import io.loadstar.linux.IdMaps;

/**
 * Who owns the root directory of a layer. Immutable.
 *
 * @param uid user, as an unsigned 32-bit number
 * @param gid group, as an unsigned 32-bit number
 */
public record Owner(int uid, int gid) {

  /** root:root. */
  public static final Owner ROOT = new Owner(0, 0);

  /** Who that is on the host, if it is a container's owner. */
  Owner toHost(IdMaps maps) {
    return new Owner(maps.uids().toHost(uid), maps.gids().toHost(gid));
  }
}
