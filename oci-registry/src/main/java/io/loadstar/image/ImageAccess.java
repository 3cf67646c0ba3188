package io.loadstar.image;

import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.LayoutImageSource;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageLocation;
import io.loadstar.oci.ImageSource;
import io.loadstar.registry.RegistryClient;
import java.io.IOException;

/**
 * Opens the places where images are. Thread-safe. What it opens is valid as long as its registry
 * client is open.
 */
public final class ImageAccess {

  private final RegistryClient registries;

  /**
   * @param registries stays the caller's
   */
  public ImageAccess(RegistryClient registries) {
    this.registries = registries;
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
    };
  }

  /**
   * The place to write to; a layout is created if there is none.
   *
   * @throws io.loadstar.oci.MalformedReferenceException if the location can't be written to because
   *     it is a digest
   * @throws IOException if it is known at once that nothing can be written there
   */
  public ImageDestination destination(ImageLocation location) throws IOException {
    return switch (location) {
      case ImageLocation.InRegistry in -> registries.destination(in.reference());
      case ImageLocation.InLayout in ->
          new LayoutImageDestination(OciLayout.openOrCreate(in.directory()), in.tag());
    };
  }
}
