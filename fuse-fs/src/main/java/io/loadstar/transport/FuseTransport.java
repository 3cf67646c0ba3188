package io.loadstar.transport;

import io.loadstar.fs.ReadOnlyFileSystem;
import java.io.IOException;

/**
 * A way for FUSE requests to reach a {@link ReadOnlyFileSystem}. Thread-safe.
 *
 * <p>One abstract contract test mounts the same tree through each implementation.
 */
public interface FuseTransport {

  /**
   * Mounts {@code fileSystem}; returns when the mount answers requests. Blocks: not for a virtual
   * thread. Nobody in this process may look into the mount: a fault or a wait in there could stop
   * the threads that would have to answer.
   *
   * @return the live mount, which the caller closes
   * @throws IOException if it can't be mounted; nothing is left mounted then
   */
  FuseMount mount(ReadOnlyFileSystem fileSystem, MountSpec spec) throws IOException;
}
