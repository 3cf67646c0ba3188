/** An ordinary layer's tar, unpacked into a directory as overlayfs wants a lower layer. */
@NullMarked
package io.loadstar.unpack;

import org.jspecify.annotations.NullMarked;
