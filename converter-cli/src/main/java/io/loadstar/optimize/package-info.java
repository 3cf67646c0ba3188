/** Laying an image out in the order in which its workload reads it. */
@NullMarked
package io.loadstar.optimize;

import org.jspecify.annotations.NullMarked;
