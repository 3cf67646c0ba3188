package io.loadstar.containerd;

import java.nio.file.Path;

/**
 * What containerd is to know of a container before it can have a task. Immutable.
 *
 * @param id its name in its namespace, of letters, digits and single {@code . _ -} between them
 * @param spec the OCI runtime specification's config.json
 * @param runcRoot the directory in which runc keeps its state
 */
public record Container(String id, String spec, Path runcRoot) {}
