/** Rules that hold for the whole module. */
@NullMarked
package io.loadstar;

import org.jspecify.annotations.NullMarked;
