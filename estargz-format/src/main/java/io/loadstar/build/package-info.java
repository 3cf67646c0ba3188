/** Building an eStargz layer from a tar. */
@NullMarked
package io.loadstar.build;

import org.jspecify.annotations.NullMarked;
