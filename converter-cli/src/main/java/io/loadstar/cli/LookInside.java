package io.loadstar.cli;

import io.loadstar.inspect.PickedImage;
import io.loadstar.oci.ImageLocation;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Platform;
import java.io.IOException;
import java.util.Optional;

/** An image that a command looks into: what was said on the command line, checked. Immutable. */
final class LookInside {

  private final ImageLocation location;
  private final Optional<Platform> platform;
  private final OpenPlaces.Options reached;

  /**
   * @throws IllegalArgumentException if any of it makes no sense
   */
  LookInside(ImageArgument argument) {
    this(argument.image(), argument);
  }

  /**
   * Another image, reached as the one of {@code argument}.
   *
   * @throws IllegalArgumentException if any of it makes no sense
   */
  LookInside(String image, ImageArgument argument) {
    this.location = ImageLocation.parse(image);
    this.platform = Optional.ofNullable(argument.platform()).map(Platform::parse);
    this.reached = new OpenPlaces.Options(argument.registry(), argument.containerd());
  }

  /** What is done with the image. */
  @FunctionalInterface
  interface Look<T> {
    T into(ImageSource source, PickedImage image) throws IOException, CommandException;
  }

  <T> T run(Look<T> look) throws IOException, CommandException {
    try (OpenPlaces places = OpenPlaces.of(reached, location);
        ImageSource source = places.source(location)) {
      return look.into(source, PickedImage.of(source, platform));
    }
  }

  @Override
  public String toString() {
    return location.toString();
  }
}
