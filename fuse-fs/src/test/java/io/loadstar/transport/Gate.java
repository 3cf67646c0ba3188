package io.loadstar.transport;

import java.util.ArrayList;
import java.util.List;

/** Holds reads back until it is opened, for good. Thread-safe. */
public final class Gate {

  private final List<Runnable> waiting = new ArrayList<>();
  private boolean open;

  public synchronized boolean isShut() {
    return !open;
  }

  /** Keeps {@code read} until the gate opens; false if it is open. */
  synchronized boolean await(Runnable read) {
    if (open) {
      return false;
    }
    waiting.add(read);
    return true;
  }

  /** How many reads wait at it. */
  public synchronized int waiting() {
    return waiting.size();
  }

  /** Lets all pass, on the calling thread. */
  public void open() {
    List<Runnable> passing;
    synchronized (this) {
      open = true;
      passing = List.copyOf(waiting);
      waiting.clear();
    }
    passing.forEach(Runnable::run);
  }
}
