package io.loadstar.containerd;

import java.util.Optional;

/**
 * A snapshotter that containerd's configuration names. Immutable.
 *
 * @param name what {@code --snapshotter} says
 * @param failure why containerd couldn't start it; empty if it did
 */
public record SnapshotterPlugin(String name, Optional<String> failure) {}
