/** What any compression that members can have looks like from outside. */
@NullMarked
package io.loadstar.codec;

import org.jspecify.annotations.NullMarked;
