package io.loadstar.transport.kernel;

import java.util.TreeSet;

/** Gives out ids without a kernel. */
final class TestRegistry implements BackingFiles.Registry {

  final TreeSet<Integer> registered = new TreeSet<>();
  private int last;

  @Override
  public int register(int fd) {
    registered.add(++last);
    return last;
  }

  @Override
  public void unregister(int id) {
    if (!registered.remove(id)) {
      throw new IllegalStateException("not registered: " + id);
    }
  }
}
