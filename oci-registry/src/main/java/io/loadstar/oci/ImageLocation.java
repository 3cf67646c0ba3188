package io.loadstar.oci;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Where an image is, as a person types it. Immutable.
 *
 * <pre>
 *   [HOST/]REPOSITORY[:TAG][@DIGEST]    a registry
 *   oci:DIR[:TAG]                       an OCI layout in a directory
 *   oci-archive:FILE[:TAG]              an OCI layout in a tar
 *   docker-archive:FILE[:REFERENCE]     what docker save writes
 *   containerd:REFERENCE                the store of this node's containerd
 * </pre>
 */
public sealed interface ImageLocation {

  /** The prefix of a layout's location. */
  String LAYOUT_PREFIX = "oci:";

  /** The prefix of an OCI archive's location. */
  String OCI_ARCHIVE_PREFIX = "oci-archive:";

  /** The prefix of the location of an archive made by docker save. */
  String DOCKER_ARCHIVE_PREFIX = "docker-archive:";

  /** The prefix of what containerd has. */
  String CONTAINERD_PREFIX = "containerd:";

  /**
   * Reads a location.
   *
   * @throws MalformedReferenceException if it names no place
   */
  static ImageLocation parse(String text) {
    if (text.startsWith(LAYOUT_PREFIX)) {
      PathAndName parts = PathAndName.parse(text, LAYOUT_PREFIX, "oci:DIR or oci:DIR:TAG");
      return new InLayout(parts.path(), parts.name());
    }
    if (text.startsWith(OCI_ARCHIVE_PREFIX)) {
      PathAndName parts =
          PathAndName.parse(text, OCI_ARCHIVE_PREFIX, "oci-archive:FILE or oci-archive:FILE:TAG");
      return new InOciArchive(parts.path(), parts.name());
    }
    if (text.startsWith(DOCKER_ARCHIVE_PREFIX)) {
      PathAndName parts =
          PathAndName.parse(
              text, DOCKER_ARCHIVE_PREFIX, "docker-archive:FILE or docker-archive:FILE:REFERENCE");
      String name = parts.name();
      return new InDockerArchive(parts.path(), name == null ? null : ImageReference.parse(name));
    }
    if (text.startsWith(CONTAINERD_PREFIX)) {
      return new InContainerd(ImageReference.parse(text.substring(CONTAINERD_PREFIX.length())));
    }
    return new InRegistry(ImageReference.parse(text));
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
    @Override
    public String toString() {
      return LAYOUT_PREFIX + new PathAndName(directory, tag);
    }
  }

  /**
   * An image in a tar that holds an OCI layout.
   *
   * @param file the tar
   * @param tag the image's {@code org.opencontainers.image.ref.name}, or null for the only one
   */
  record InOciArchive(Path file, @Nullable String tag) implements ImageLocation {
    @Override
    public String toString() {
      return OCI_ARCHIVE_PREFIX + new PathAndName(file, tag);
    }
  }

  /**
   * An image in a tar as {@code docker save} writes it.
   *
   * @param file the tar
   * @param reference the image's name in it, or null for the only one
   */
  record InDockerArchive(Path file, @Nullable ImageReference reference) implements ImageLocation {
    @Override
    public String toString() {
      return DOCKER_ARCHIVE_PREFIX
          + new PathAndName(file, reference == null ? null : reference.toString());
    }
  }

  /** An image in the content store of a containerd. */
  record InContainerd(ImageReference reference) implements ImageLocation {
    @Override
    public String toString() {
      return CONTAINERD_PREFIX + reference;
    }
  }

  /**
   * A path, and the name of one of the images there. The path ends at the first colon.
   *
   * @param name or null where none is said
   */
  record PathAndName(Path path, @Nullable String name) {

    private static PathAndName parse(String text, String prefix, String forms) {
      String rest = text.substring(prefix.length());
      int colon = rest.indexOf(':');
      String path = colon < 0 ? rest : rest.substring(0, colon);
      String name = colon < 0 ? null : rest.substring(colon + 1);
      if (path.isEmpty() || (name != null && name.isEmpty())) {
        throw new MalformedReferenceException(text + " isn't of the form " + forms);
      }
      try {
        return new PathAndName(Path.of(path), name);
      } catch (InvalidPathException e) {
        throw new MalformedReferenceException(text + ": " + e.getReason());
      }
    }

    @Override
    public String toString() {
      return path + (name == null ? "" : ":" + name);
    }
  }
}
