/** A containerd and a registry of a test's own; other modules' tests use them too. */
@NullMarked
package io.loadstar.containerd.rig;

import org.jspecify.annotations.NullMarked;
