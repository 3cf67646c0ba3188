/** The transport that speaks the kernel's own protocol over /dev/fuse. */
@NullMarked
package io.loadstar.transport.kernel;

import org.jspecify.annotations.NullMarked;
