/** A layer as a checked tree of inodes: pure data, without FUSE and without HTTP. */
@NullMarked
package io.loadstar.layer;

import org.jspecify.annotations.NullMarked;
