/**
 * The command {@code loadstar}: its frame, its errors and its exit codes. A command's work is in a
 * package of its own, which is loaded when that command runs and not before.
 */
@NullMarked
package io.loadstar.cli;

import org.jspecify.annotations.NullMarked;
