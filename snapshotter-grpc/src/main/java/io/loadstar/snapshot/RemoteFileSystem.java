package io.loadstar.snapshot;

import java.nio.file.Path;
import java.util.Map;

/** All that the snapshotter knows of lazy pulling. Thread-safe. */
public interface RemoteFileSystem {

  /**
   * Mounts the layer that {@code labels} describe at {@code mountPoint}, an existing empty
   * directory.
   *
   * @throws NotLazyException if it can't be mounted lazily, with the reason; the directory is empty
   *     then
   */
  void mount(Path mountPoint, Map<String, String> labels) throws NotLazyException;

  /**
   * Checks that the layer at {@code mountPoint} can be read.
   *
   * @throws LayerUnavailableException if it can't, with the reason
   */
  void check(Path mountPoint) throws LayerUnavailableException;

  /** Unmounts what is mounted at {@code mountPoint}; nothing there is no error. */
  void unmount(Path mountPoint);
}
