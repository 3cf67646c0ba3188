/**
 * A verified layer as a read-only file system of inodes; knows nothing of how requests reach it.
 */
@NullMarked
package io.loadstar.fs;

import org.jspecify.annotations.NullMarked;
