/** The node's store of verified content. */
@NullMarked
package io.loadstar.cache;

import org.jspecify.annotations.NullMarked;
