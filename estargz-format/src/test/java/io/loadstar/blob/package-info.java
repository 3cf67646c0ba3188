/** Tests of {@code io.loadstar.blob}. */
@NullMarked
package io.loadstar.blob;

import org.jspecify.annotations.NullMarked;
