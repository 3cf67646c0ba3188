package io.loadstar.containerd;

import java.nio.file.Path;
import java.util.Optional;

/**
 * A snapshotter that containerd's configuration names. Immutable.
 *
 * @param name what {@code --snapshotter} says
 * @param failure why containerd couldn't start it; empty if it did
 * @param address the socket where containerd speaks to it; empty if it is a part of containerd
 */
public record SnapshotterPlugin(String name, Optional<String> failure, Optional<Path> address) {}
