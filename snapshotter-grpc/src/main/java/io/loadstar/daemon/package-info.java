/** The daemon: configuration, wiring, main. */
@NullMarked
package io.loadstar.daemon;

import org.jspecify.annotations.NullMarked;
