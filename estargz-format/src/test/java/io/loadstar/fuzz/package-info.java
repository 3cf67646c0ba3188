/** Whatever bytes come from outside: read, or refused with one of the errors that say so. */
@NullMarked
package io.loadstar.fuzz;

import org.jspecify.annotations.NullMarked;
