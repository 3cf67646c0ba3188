package io.loadstar.remote;

import io.loadstar.cache.SharingDomain;
import io.loadstar.fs.LayerFileSystem;
import io.loadstar.fs.MappedOwners;
import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.lazy.LazyNode;
import io.loadstar.linux.IdMaps;
import io.loadstar.transport.FuseMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MountSpec;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;

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
   * Mounts {@code content}, whose source is then the mount's, as {@code place} wants it.
   *
   * @throws IOException if it can't be mounted; nothing is left open then
   */
  MountedLayer mount(Path at, MountPoint place, LazyLayer.Content content) throws IOException {
    LayerSource source = place.source();
    SharingDomain domain = SharingDomain.ofRegistry(source.image().host());
    LazyLayer layer = node.open(content, domain, source.image().toString());
    try {
      ReadOnlyFileSystem files = LayerFileSystem.of(layer);
      Optional<IdMaps> owners = place.owners();
      FuseMount mount =
          transport.mount(
              owners.isPresent() ? new MappedOwners(files, owners.get()) : files,
              new MountSpec(at, SOURCE, MAX_THREADS, passthrough.of(source)));
      return new MountedLayer(layer, mount, content.source());
    } catch (IOException | RuntimeException | Error e) {
      layer.close();
      throw e;
    }
  }
}
