/** Tests of {@code io.loadstar.gzip}. */
@NullMarked
package io.loadstar.gzip;

import org.jspecify.annotations.NullMarked;
