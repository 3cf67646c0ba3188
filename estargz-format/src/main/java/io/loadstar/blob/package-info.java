/** Digests, byte ranges, and where the bytes of a blob come from. Read first. */
@NullMarked
package io.loadstar.blob;

import org.jspecify.annotations.NullMarked;
