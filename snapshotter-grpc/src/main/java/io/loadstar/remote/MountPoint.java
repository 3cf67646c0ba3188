package io.loadstar.remote;

import io.loadstar.lazy.LayerReport;
import io.loadstar.linux.IdMaps;
import java.io.IOException;
import java.util.Optional;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A directory with the layer that belongs there, mounted or not. Thread-safe.
 *
 * <p>The lock is held while it is mounted and unmounted, so that both don't happen at once; reports
 * don't wait for it.
 */
final class MountPoint {

  private final LayerSource source;
  private final Optional<IdMaps> owners;
  private final ReentrantLock changing = new ReentrantLock();
  private volatile State state = new State.Down("it is being mounted");

  /** Whether there is a mount. */
  private sealed interface State {
    record Live(MountedLayer layer) implements State {}

    record Down(String reason) implements State {}

    record Gone() implements State {}
  }

  MountPoint(LayerSource source) {
    this(source, Optional.empty());
  }

  /**
   * @param owners how the layer's are mapped, if they are
   */
  MountPoint(LayerSource source, Optional<IdMaps> owners) {
    this.source = source;
    this.owners = owners;
  }

  Optional<IdMaps> owners() {
    return owners;
  }

  LayerSource source() {
    return source;
  }

  /**
   * The live mount; if there is none, one that is made now.
   *
   * @throws IOException if it can't be made, or was ended for good
   */
  MountedLayer live(Mounting mounting) throws IOException {
    if (state instanceof State.Live(MountedLayer layer) && layer.isAlive()) {
      return layer;
    }
    changing.lock();
    try {
      return switch (state) {
        case State.Gone() -> throw new IOException(source + ": was unmounted");
        case State.Live(MountedLayer layer) when layer.isAlive() -> layer;
        case State.Live(MountedLayer dead) -> {
          close(dead);
          yield mount(mounting);
        }
        case State.Down _ -> mount(mounting);
      };
    } finally {
      changing.unlock();
    }
  }

  private MountedLayer mount(Mounting mounting) throws IOException {
    try {
      MountedLayer layer = mounting.mount();
      state = new State.Live(layer);
      return layer;
    } catch (IOException e) {
      state = new State.Down(String.valueOf(e.getMessage()));
      throw e;
    }
  }

  private static void close(MountedLayer dead) {
    try {
      dead.close();
    } catch (IOException e) {
      // It is dead: what could be released was.
      return;
    }
  }

  /**
   * Unmounts it for good.
   *
   * @return what the layer has cost, if it was mounted
   * @throws IOException if the kernel refused
   */
  Optional<LayerReport> end() throws IOException {
    changing.lock();
    try {
      if (state instanceof State.Live(MountedLayer layer)) {
        state = new State.Gone();
        LayerReport report = layer.report();
        layer.close();
        return Optional.of(report);
      }
      state = new State.Gone();
      return Optional.empty();
    } finally {
      changing.unlock();
    }
  }

  /** How far the layer has come, if it is mounted. */
  Optional<LayerReport> report() {
    return state instanceof State.Live(MountedLayer layer)
        ? Optional.of(layer.report())
        : Optional.empty();
  }

  /** Makes the mount. */
  @FunctionalInterface
  interface Mounting {
    MountedLayer mount() throws IOException;
  }
}
