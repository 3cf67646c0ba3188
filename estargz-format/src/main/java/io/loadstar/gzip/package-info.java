/** Gzip members (RFC 1952), decoded and encoded on buffers. */
@NullMarked
package io.loadstar.gzip;

import org.jspecify.annotations.NullMarked;
