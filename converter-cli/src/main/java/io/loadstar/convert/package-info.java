/** Images from one place to another: converted to eStargz, or as they are. */
@NullMarked
package io.loadstar.convert;

import org.jspecify.annotations.NullMarked;
