package io.loadstar.cli;

import io.loadstar.containerd.Namespace;
import io.loadstar.image.ImageAccess;
import io.loadstar.node.ContainerdImages;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageLocation;
import io.loadstar.oci.ImageSource;
import io.loadstar.registry.RegistryClient;
import java.io.IOException;
import java.nio.file.Path;

/** Registries and containerd, as the command line says how they are reached. Thread-safe. */
final class OpenPlaces implements AutoCloseable {

  private final RegistryClient registries;
  private final ContainerdImages node;
  private final ImageAccess access;

  private OpenPlaces(RegistryClient registries, ContainerdImages node) {
    this.registries = registries;
    this.node = node;
    this.access = new ImageAccess(registries, node);
  }

  /** How places are reached; made only of options that make sense. */
  record Options(RegistryOptions registry, ContainerdOptions containerd) {
    Options {
      new Namespace(containerd.namespace());
    }

    private ContainerdImages node() {
      return new ContainerdImages(
          Path.of(containerd.address()), new Namespace(containerd.namespace()));
    }
  }

  /**
   * Reaches them as {@code options} say; nothing is asked yet. The caller closes it.
   *
   * @param locations whose registries the options speak of
   * @throws CommandException if a password is needed and there is nobody to ask
   */
  static OpenPlaces of(Options options, ImageLocation... locations) throws CommandException {
    return new OpenPlaces(
        RegistryConnection.open(options.registry(), Places.hosts(locations)), options.node());
  }

  ImageSource source(ImageLocation location) throws IOException {
    return access.source(location);
  }

  ImageDestination destination(ImageLocation location) throws IOException {
    return access.destination(location);
  }

  @Override
  public void close() {
    node.close();
    registries.close();
  }
}
