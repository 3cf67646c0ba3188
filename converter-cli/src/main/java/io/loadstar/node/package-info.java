/** The content store of this node's containerd as a place where images are. */
@NullMarked
package io.loadstar.node;

import org.jspecify.annotations.NullMarked;
