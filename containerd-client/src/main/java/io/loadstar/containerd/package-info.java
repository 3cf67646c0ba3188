/**
 * containerd's API as a client, one class for each of its services. Start at {@link
 * io.loadstar.containerd.ContainerdClient}.
 */
@NullMarked
package io.loadstar.containerd;

import org.jspecify.annotations.NullMarked;
