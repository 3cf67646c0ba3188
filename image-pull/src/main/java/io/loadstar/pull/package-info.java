/**
 * Brings an image into containerd, lazily where the snapshotter can. Start at {@link
 * io.loadstar.pull.Pull}.
 */
@NullMarked
package io.loadstar.pull;

import org.jspecify.annotations.NullMarked;
