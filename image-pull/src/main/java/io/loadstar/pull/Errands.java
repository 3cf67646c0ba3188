package io.loadstar.pull;

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

  @Override
  public void close() {
    begun.forEach(Errand::close);
  }
}
