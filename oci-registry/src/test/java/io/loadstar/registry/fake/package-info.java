/**
 * A registry for tests, on a loopback socket: it serves what it holds as a good one would, counts
 * each request with its range, and does wrong what it is told to. Used by the tests of this and of
 * other modules; it knows nothing of the client.
 */
@NullMarked
package io.loadstar.registry.fake;

import org.jspecify.annotations.NullMarked;
