/** The places where an image can be, opened by what the user typed. */
@NullMarked
package io.loadstar.image;

import org.jspecify.annotations.NullMarked;
