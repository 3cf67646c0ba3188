/** Tests of {@code io.loadstar.layer}. */
@NullMarked
package io.loadstar.layer;

import org.jspecify.annotations.NullMarked;
