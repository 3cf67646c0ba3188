/** Compressing to deflate data (RFC 1951), the same bytes on every machine. */
@NullMarked
package io.loadstar.deflate;

import org.jspecify.annotations.NullMarked;
