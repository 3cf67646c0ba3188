package io.loadstar.snapshot;

import java.util.List;

/**
 * One mount that containerd is to make, in its terms. Immutable.
 *
 * @param type {@code bind} or {@code overlay}
 * @param source a directory, or {@code overlay}
 * @param options in the order in which they are to be given
 */
public record Mount(String type, String source, List<String> options) {

  public Mount {
    options = List.copyOf(options);
  }
}
