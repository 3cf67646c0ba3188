/** Snapshots in containerd's terms, to the letter: kinds, keys, parents, labels, mounts. */
@NullMarked
package io.loadstar.snapshot;

import org.jspecify.annotations.NullMarked;
