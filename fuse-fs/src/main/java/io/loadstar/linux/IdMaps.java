package io.loadstar.linux;

/**
 * A user namespace's two maps. Immutable.
 *
 * @param uids of users
 * @param gids of groups
 */
public record IdMaps(IdMap uids, IdMap gids) {}
