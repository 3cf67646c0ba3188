package io.loadstar.containerd;

/**
 * What keeps content and snapshots alive while they are referred to by nothing else yet. Immutable.
 *
 * @param id its name in its namespace
 */
public record Lease(String id) {}
