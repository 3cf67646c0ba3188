/** Lazy layers behind snapshots: from labels to a mounted layer. */
@NullMarked
package io.loadstar.remote;

import org.jspecify.annotations.NullMarked;
