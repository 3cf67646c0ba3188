/** Cold starts of real images, side by side: what bin/bench runs. */
@NullMarked
package io.loadstar.coldstart;

import org.jspecify.annotations.NullMarked;
