package io.loadstar.image;

import io.loadstar.layout.DockerArchiveSource;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.LayoutImageSource;
import io.loadstar.layout.OciArchiveDestination;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageLocation;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MalformedReferenceException;
import io.loadstar.registry.RegistryClient;
import java.io.IOException;

/**
 * Opens the places where images are. Thread-safe. What it opens is valid as long as its registry
 * client is open.
 */
public final class ImageAccess {

  private final RegistryClient registries;
  private final NodeImages node;

  /**
   * @param registries stays the caller's
   * @param node stays the caller's
   */
  public ImageAccess(RegistryClient registries, NodeImages node) {
    this.registries = registries;
    this.node = node;
  }

  /**
   * The place to read from.
   *
   * @throws IOException if it is known at once that nothing can be read there
   */
  public ImageSource source(ImageLocation location) throws IOException {
    return switch (location) {
      case ImageLocation.InRegistry in -> registries.source(in.reference());
      case ImageLocation.InLayout in ->
          new LayoutImageSource(OciLayout.open(in.directory()), in.tag());
      case ImageLocation.InOciArchive in -> LayoutImageSource.ofArchive(in.file(), in.tag());
      case ImageLocation.InDockerArchive in -> DockerArchiveSource.open(in.file(), in.reference());
      case ImageLocation.InContainerd in -> node.source(in.reference());
    };
  }

  /**
   * The place to write to; a layout is created if there is none.
   *
   * @throws io.loadstar.oci.MalformedReferenceException if the location can't be written to because
   *     it is a digest, or a docker archive
   * @throws IOException if it is known at once that nothing can be written there
   */
  public ImageDestination destination(ImageLocation location) throws IOException {
    return switch (location) {
      case ImageLocation.InRegistry in -> registries.destination(in.reference());
      case ImageLocation.InLayout in ->
          new LayoutImageDestination(OciLayout.openOrCreate(in.directory()), in.tag());
      case ImageLocation.InOciArchive in -> OciArchiveDestination.open(in.file(), in.tag());
      case ImageLocation.InDockerArchive in ->
          throw new MalformedReferenceException(
              in
                  + " can't be written to: docker save's form has layers uncompressed, under names"
                  + " of their own – write "
                  + ImageLocation.OCI_ARCHIVE_PREFIX
                  + in.file()
                  + ", which docker load reads too");
      case ImageLocation.InContainerd in -> node.destination(in.reference());
    };
  }
}
