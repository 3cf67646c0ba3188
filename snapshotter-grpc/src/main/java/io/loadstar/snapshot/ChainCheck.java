package io.loadstar.snapshot;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Future;

/**
 * Asks of several lazily mounted layers at once whether they can be read. Thread-safe; the executor
 * belongs to who made it.
 */
public final class ChainCheck {

  private final RemoteFileSystem remote;
  private final ExecutorService executor;

  /**
   * @param remote has mounted the layers
   * @param executor on which they are asked; its threads wait for the network
   */
  public ChainCheck(RemoteFileSystem remote, ExecutorService executor) {
    this.remote = remote;
    this.executor = executor;
  }

  /**
   * Returns if all of {@code layers} can be read.
   *
   * @throws LayerUnavailableException naming the first that can't
   */
  void check(List<Layer> layers) throws LayerUnavailableException {
    if (layers.size() == 1) {
      checkOne(layers.getFirst());
      return;
    }
    List<Future<?>> answers = new ArrayList<>();
    for (Layer layer : layers) {
      answers.add(
          executor.submit(() -> {
            checkOne(layer);
            return true;
          }));
    }
    for (Future<?> answer : answers) {
      await(answer);
    }
  }

  private void checkOne(Layer layer) throws LayerUnavailableException {
    try {
      remote.check(layer.mountPoint());
    } catch (LayerUnavailableException e) {
      throw new LayerUnavailableException(
          "layer " + layer.name() + " is unavailable: " + e.getMessage(), e);
    }
  }

  private static void await(Future<?> answer) throws LayerUnavailableException {
    try {
      answer.get();
    } catch (ExecutionException e) {
      if (e.getCause() instanceof LayerUnavailableException unavailable) {
        throw unavailable;
      }
      throw new IllegalStateException("a check failed unexpectedly", e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new LayerUnavailableException("interrupted while layers were checked", e);
    }
  }

  /**
   * A layer to be asked of.
   *
   * @param name of its snapshot
   * @param mountPoint where it is mounted
   */
  record Layer(String name, Path mountPoint) {}
}
