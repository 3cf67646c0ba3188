/** The transport over libfuse2, through jnr-fuse. */
@NullMarked
package io.loadstar.transport.jnr;

import org.jspecify.annotations.NullMarked;
