/** Tar, read and written; names are cleaned here and nowhere else. */
@NullMarked
package io.loadstar.tar;

import org.jspecify.annotations.NullMarked;
