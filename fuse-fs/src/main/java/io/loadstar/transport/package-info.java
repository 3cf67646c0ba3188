/** How file system requests reach us from the kernel. */
@NullMarked
package io.loadstar.transport;

import org.jspecify.annotations.NullMarked;
