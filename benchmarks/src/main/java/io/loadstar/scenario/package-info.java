/** Whole nodes at work behind a line of a known length and width, beside what they are to beat. */
@NullMarked
package io.loadstar.scenario;

import org.jspecify.annotations.NullMarked;
