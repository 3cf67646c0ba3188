package io.loadstar.snapshot;

import io.loadstar.linux.IdMaps;
import java.nio.file.Path;
import java.util.Map;

/** All that the snapshotter knows of lazy pulling. Thread-safe. */
public interface RemoteFileSystem {

  /**
   * Mounts the layer that {@code labels} describe at {@code mountPoint}, an existing empty
   * directory.
   *
   * @return who owns the layer's root directory: asked here, since a daemon must not stat(2) its
   *     own mounts
   * @throws NotLazyException if it can't be mounted lazily, with the reason; the directory is empty
   *     then
   */
  Owner mount(Path mountPoint, Map<String, String> labels) throws NotLazyException;

  /**
   * Mounts the layer that is at {@code layer} a second time, with mapped owners. The second mount
   * is checked and unmounted by its own place, before the first is.
   *
   * @param mountPoint an existing empty directory
   * @throws LayerUnavailableException if it can't be mounted; the directory is empty then
   */
  void mountMapped(Path layer, Path mountPoint, IdMaps maps) throws LayerUnavailableException;

  /**
   * Checks that the layer at {@code mountPoint} can be read.
   *
   * @throws LayerUnavailableException if it can't, with the reason
   */
  void check(Path mountPoint) throws LayerUnavailableException;

  /** What of the layer at {@code mountPoint} is on this node's disk. Never waits for a network. */
  Usage usage(Path mountPoint);

  /** Unmounts what is mounted at {@code mountPoint}; nothing there is no error. */
  void unmount(Path mountPoint);
}
