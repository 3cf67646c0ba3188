/** Looking inside images: what is in them, whether it is true, and how two of them differ. */
@NullMarked
package io.loadstar.inspect;

import org.jspecify.annotations.NullMarked;
