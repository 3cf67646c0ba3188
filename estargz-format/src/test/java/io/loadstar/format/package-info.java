/** Tests of the format, and blobs made by hand. */
@NullMarked
package io.loadstar.format;

import org.jspecify.annotations.NullMarked;
