/** Tests of {@code io.loadstar.toc}. */
@NullMarked
package io.loadstar.toc;

import org.jspecify.annotations.NullMarked;
