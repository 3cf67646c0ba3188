/** Tests of {@code io.loadstar.deflate}. */
@NullMarked
package io.loadstar.deflate;

import org.jspecify.annotations.NullMarked;
