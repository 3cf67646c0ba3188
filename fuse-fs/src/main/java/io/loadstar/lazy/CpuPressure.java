package io.loadstar.lazy;

/**
 * Whether others on this node need the processors that what nobody waits for would take.
 * Thread-safe; asked before each range that is fetched in the background.
 */
@FunctionalInterface
interface CpuPressure {

  /** Nobody ever does. */
  CpuPressure NONE = () -> false;

  /** Whether they do now. Reads files of the kernel's at most. */
  boolean isHigh();
}
