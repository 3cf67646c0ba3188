/**
 * A pull that the snapshotter does for the command: order, answers, both ends. Start at {@link
 * io.loadstar.pull.served.PullOrder}.
 */
@NullMarked
package io.loadstar.pull.served;

import org.jspecify.annotations.NullMarked;
