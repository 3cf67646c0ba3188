/** Zstandard frames (RFC 8878), decoded from buffer to buffer. */
@NullMarked
package io.loadstar.zstd;

import org.jspecify.annotations.NullMarked;
