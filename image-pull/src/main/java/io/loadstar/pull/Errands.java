package io.loadstar.pull;

import io.loadstar.containerd.ContainerdException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/**
 * Steps of a pull that are done beside each other. Of one thread; closing it ends them all, as
 * {@link Errand#close} does.
 */
final class Errands implements AutoCloseable {

  private final List<Errand<?>> begun = new ArrayList<>();

  <T> Errand<T> begin(String name, Errand.Step<T> step) {
    Errand<T> errand = Errand.begin(name, step);
    begun.add(errand);
    return errand;
  }

  /** Waits for all of them; what the first of those that have failed failed with, this throws. */
  void await() throws IOException, ContainerdException, PullException, InterruptedException {
    for (Errand<?> errand : begun) {
      errand.await();
    }
  }

  @Override
  public void close() {
    begun.forEach(Errand::close);
  }
}
