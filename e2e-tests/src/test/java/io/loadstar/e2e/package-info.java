/** What must hold on a whole node: real containerd, runc, registry, FUSE and snapshotter. */
@NullMarked
package io.loadstar.e2e;

import org.jspecify.annotations.NullMarked;
