package io.loadstar.oci;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** Where an image is, as a person types it: a registry reference or {@code oci:DIR[:TAG]}. */
public sealed interface ImageLocation {

  /** The prefix of a layout's location. */
  String LAYOUT_PREFIX = "oci:";

  /**
   * Reads a location.
   *
   * @throws MalformedReferenceException if it names no place
   */
  static ImageLocation parse(String text) {
    return text.startsWith(LAYOUT_PREFIX)
        ? InLayout.parse(text)
        : new InRegistry(ImageReference.parse(text));
  }

  /** An image in a registry. */
  record InRegistry(ImageReference reference) implements ImageLocation {
    @Override
    public String toString() {
      return reference.toString();
    }
  }

  /**
   * An image in an OCI layout.
   *
   * @param directory the layout
   * @param tag the image's {@code org.opencontainers.image.ref.name}, or null for the only one
   */
  record InLayout(Path directory, @Nullable String tag) implements ImageLocation {

    private static InLayout parse(String text) {
      String rest = text.substring(LAYOUT_PREFIX.length());
      int colon = rest.indexOf(':');
      String directory = colon < 0 ? rest : rest.substring(0, colon);
      String tag = colon < 0 ? null : rest.substring(colon + 1);
      if (directory.isEmpty() || (tag != null && tag.isEmpty())) {
        throw new MalformedReferenceException(text + " isn't of the form oci:DIR or oci:DIR:TAG");
      }
      try {
        return new InLayout(Path.of(directory), tag);
      } catch (InvalidPathException e) {
        throw new MalformedReferenceException(text + ": " + e.getReason());
      }
    }

    @Override
    public String toString() {
      return LAYOUT_PREFIX + directory + (tag == null ? "" : ":" + tag);
    }
  }
}
