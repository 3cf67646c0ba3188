/** Layers built from real tars. */
@NullMarked
package io.loadstar.build;

import org.jspecify.annotations.NullMarked;
