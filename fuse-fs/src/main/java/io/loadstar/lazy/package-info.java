/**
 * A layer whose bytes arrive when they are read: single flight, range planning, background fetch.
 */
@NullMarked
package io.loadstar.lazy;

import org.jspecify.annotations.NullMarked;
