/**
 * A node of its own for tests and benchmarks: containerd, docker-registry and loadstar-snapshotter
 * as real processes in one temporary directory, and what watches them from outside. Uses none of
 * the project's own image code, so that a fault in it can't hide itself.
 */
@NullMarked
package io.loadstar.rig;

import org.jspecify.annotations.NullMarked;
