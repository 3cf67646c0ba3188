package io.loadstar.containerd;

/**
 * What containerd knows of a container. Immutable.
 *
 * @param id its name in its namespace
 * @param image the reference of its image, empty if it has none
 * @param snapshotter who has its file system, empty if nobody of containerd's has
 * @param snapshotKey the key of its active snapshot there
 */
public record ContainerInfo(String id, String image, String snapshotter, String snapshotKey) {}
