package io.loadstar.cli;

import io.loadstar.convert.ImageConverter;
import io.loadstar.convert.ImageCopier;
import io.loadstar.convert.PlatformChoice;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageLocation;
import io.loadstar.oci.ImageSource;
import java.io.IOException;

/** One {@code loadstar copy}: what was said on the command line, checked. Immutable. */
final class CopyRun {

  private final ImageLocation source;
  private final ImageLocation destination;
  private final PlatformChoice platforms;

  /** The result: the document that {@code --json} prints. */
  record Document(String image, String digest, long storedBytes) {
    String summary() {
      return image + "@" + digest + ": " + ByteCount.text(storedBytes) + " stored";
    }
  }

  /**
   * @throws IllegalArgumentException if a place is none
   */
  CopyRun(String source, String destination, PlatformOptions platforms) {
    this.source = ImageLocation.parse(source);
    this.destination = Places.destination(destination);
    this.platforms = PlatformWish.of(platforms);
  }

  Document run(OpenPlaces.Options options, Progress progress) throws IOException, CommandException {
    try (OpenPlaces places = OpenPlaces.of(options, source, destination);
        ImageSource from = places.source(source)) {
      // Before the destination is opened, which may create a layout.
      ImageDocument image = from.resolve();
      try (ImageDestination to = places.destination(destination)) {
        ImageCopier copier =
            new ImageCopier(
                new ImageConverter.Places(from, to), platforms, new ConversionSteps(progress));
        ImageCopier.Copied copied = copier.copy(image);
        return new Document(
            destination.toString(), copied.digest().toString(), copied.storedBytes());
      }
    }
  }
}
