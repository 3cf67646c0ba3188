/** Tests of {@code io.loadstar.tar}. */
@NullMarked
package io.loadstar.tar;

import org.jspecify.annotations.NullMarked;
