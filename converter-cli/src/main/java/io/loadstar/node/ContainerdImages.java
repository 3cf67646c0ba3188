package io.loadstar.node;

import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Namespace;
import io.loadstar.image.NodeImages;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * The images of one of containerd's namespaces. Thread-safe; closed by whoever made it. The
 * connection is made when an image is first asked for.
 */
public final class ContainerdImages implements NodeImages, AutoCloseable {

  private final Path address;
  private final Namespace namespace;
  private @Nullable ContainerdClient client;

  /**
   * @param address where containerd listens
   */
  public ContainerdImages(Path address, Namespace namespace) {
    this.address = address;
    this.namespace = namespace;
  }

  @Override
  public ImageSource source(ImageReference image) throws NodeImageException {
    return new NodeImageSource(client(), image);
  }

  @Override
  public ImageDestination destination(ImageReference image) throws NodeImageException {
    return NodeImageDestination.open(client(), image);
  }

  private synchronized ContainerdClient client() throws NodeImageException {
    ContainerdClient known = client;
    if (known != null) {
      return known;
    }
    try {
      known = ContainerdClient.connect(address, namespace);
    } catch (ContainerdException e) {
      throw NodeImageException.of(e);
    }
    client = known;
    return known;
  }

  @Override
  public synchronized void close() {
    if (client != null) {
      client.close();
      client = null;
    }
  }
}
