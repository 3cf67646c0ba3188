package io.loadstar.remote;

import io.loadstar.cache.SharingDomain;
import io.loadstar.fs.LayerFileSystem;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.lazy.LazyNode;
import io.loadstar.transport.FuseMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MountSpec;
import java.io.IOException;
import java.nio.file.Path;

/** Mounts layers. Thread-safe; blocks in native code. Node and transport belong to who made it. */
public final class LayerMounter {

  /** What the mount table shows as the source of our mounts. */
  public static final String SOURCE = "loadstar";

  /** Reads that may wait for the network at once in one mount, and one thread more. */
  private static final int MAX_THREADS = 64;

  private final LazyNode node;
  private final FuseTransport transport;
  private final PassthroughRule passthrough;

  /**
   * @param node reads layers
   * @param transport shows them
   * @param passthrough of which layers the kernel may read files itself
   */
  public LayerMounter(LazyNode node, FuseTransport transport, PassthroughRule passthrough) {
    this.node = node;
    this.passthrough = passthrough;
    this.transport = transport;
  }

  /**
   * Mounts {@code content}, whose source is then the mount's.
   *
   * @throws IOException if it can't be mounted; nothing is left open then
   */
  MountedLayer mount(Path mountPoint, LayerSource source, LazyLayer.Content content)
      throws IOException {
    SharingDomain domain = SharingDomain.ofRegistry(source.image().host());
    LazyLayer layer = node.open(content, domain);
    try {
      FuseMount mount =
          transport.mount(
              LayerFileSystem.of(layer),
              new MountSpec(mountPoint, SOURCE, MAX_THREADS, passthrough.of(source)));
      return new MountedLayer(layer, mount, content.source());
    } catch (IOException | RuntimeException | Error e) {
      layer.close();
      throw e;
    }
  }
}
