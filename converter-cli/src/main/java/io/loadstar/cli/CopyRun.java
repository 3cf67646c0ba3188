package io.loadstar.cli;

import io.loadstar.convert.ImageConverter;
import io.loadstar.convert.ImageCopier;
import io.loadstar.image.ImageAccess;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageLocation;
import io.loadstar.oci.ImageSource;
import io.loadstar.registry.RegistryClient;
import java.io.IOException;

/** One {@code loadstar copy}: what was said on the command line, checked. Immutable. */
final class CopyRun {

  private final ImageLocation source;
  private final ImageLocation destination;

  /** The result: the document that {@code --json} prints. */
  record Document(String image, String digest, long storedBytes) {
    String summary() {
      return image + "@" + digest + ": " + ByteCount.text(storedBytes) + " stored";
    }
  }

  /**
   * @throws IllegalArgumentException if a place is none
   */
  CopyRun(String source, String destination) {
    this.source = ImageLocation.parse(source);
    this.destination = Places.destination(destination);
  }

  Document run(RegistryOptions registry, Progress progress) throws IOException, CommandException {
    try (RegistryClient client =
            RegistryConnection.open(registry, Places.hosts(source, destination));
        ImageSource from = new ImageAccess(client).source(source)) {
      // Before the destination is opened, which may create a layout.
      ImageDocument image = from.resolve();
      try (ImageDestination to = new ImageAccess(client).destination(destination)) {
        ImageCopier copier =
            new ImageCopier(new ImageConverter.Places(from, to), new ConversionSteps(progress));
        long stored = copier.copy(image);
        return new Document(destination.toString(), image.digest().toString(), stored);
      }
    }
  }
}
