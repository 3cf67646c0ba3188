/** JMH benchmarks of the hot paths; run them with {@code bin/benchmark}. */
@NullMarked
package io.loadstar.benchmark;

import org.jspecify.annotations.NullMarked;
