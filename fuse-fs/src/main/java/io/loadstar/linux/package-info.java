/** What is asked of Linux directly: errno, mounts, libc. */
@NullMarked
package io.loadstar.linux;

import org.jspecify.annotations.NullMarked;
