package io.loadstar.layout;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MalformedDocumentException;
import io.loadstar.oci.TocImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An image in an OCI layout, in a directory or in a tar. Thread-safe; closing it closes the tar.
 *
 * <p>An image is named by the annotation {@code org.opencontainers.image.ref.name} or, as {@code
 * docker save} and containerd write it, {@code io.containerd.image.name}.
 */
public final class LayoutImageSource implements ImageSource {

  /** Where docker and containerd keep the whole reference; the tag alone is in the other. */
  private static final String CONTAINERD_NAME = "io.containerd.image.name";

  private final LayoutContent layout;
  private final @Nullable String tag;
  private final boolean closesLayout;

  /**
   * @param tag the image's tag, or null for the only image of the layout
   */
  public LayoutImageSource(OciLayout layout, @Nullable String tag) {
    this(layout, tag, true);
  }

  private LayoutImageSource(LayoutContent layout, @Nullable String tag, boolean closesLayout) {
    this.layout = layout;
    this.tag = tag;
    this.closesLayout = closesLayout;
  }

  /**
   * An image in an OCI archive.
   *
   * @param tag the image's tag, or null for the only image of the archive
   * @throws IOException if there is no such archive, or it can't be read
   */
  public static LayoutImageSource ofArchive(Path file, @Nullable String tag) throws IOException {
    return new LayoutImageSource(OciArchive.open(file), tag, true);
  }

  @Override
  public ImageDocument resolve() throws IOException {
    List<Descriptor> images = layout.index().manifests();
    List<Descriptor> found =
        images.stream().filter(image -> tag == null || isNamed(image, tag)).toList();
    if (found.isEmpty()) {
      throw new LayoutException.NotFound(
          tag == null
              ? layout.description() + " has no image in it"
              : layout.description() + " has no image " + tag + known(images));
    }
    if (found.size() > 1 && tag == null) {
      throw new LayoutException.NotFound(
          layout.description() + " has several images – name one" + known(images));
    }
    return manifest(
        found.getLast().withoutAnnotation(OciLayout.REF_NAME).withoutAnnotation(CONTAINERD_NAME));
  }

  @Override
  public ImageDocument manifest(Descriptor descriptor) throws IOException {
    byte[] bytes = read(descriptor, MAX_MANIFEST_BYTES);
    return ImageDocument.of(descriptor.mediaType(), bytes).describedBy(descriptor);
  }

  @Override
  public Optional<ImageSource> tocImage() {
    return tag == null
        ? Optional.empty()
        : Optional.of(new LayoutImageSource(layout, tag + TocImage.SUFFIX, false));
  }

  @Override
  public byte[] smallBlob(Descriptor descriptor) throws IOException {
    return read(descriptor, MAX_SMALL_BLOB_BYTES);
  }

  @Override
  public BlobSource openBlob(Descriptor descriptor) throws IOException {
    BlobSource blob = layout.openBlob(descriptor.digest());
    if (blob.size() != descriptor.size()) {
      try (blob) {
        throw new MalformedDocumentException(
            "blob " + descriptor.digest() + " in " + layout.description(),
            "it has " + blob.size() + " bytes instead of " + descriptor.size());
      }
    }
    return blob;
  }

  @Override
  public void close() throws IOException {
    if (closesLayout) {
      layout.close();
    }
  }

  private static boolean isNamed(Descriptor image, String tag) {
    Map<String, String> annotations = image.annotations();
    return tag.equals(annotations.get(OciLayout.REF_NAME))
        || tag.equals(annotations.get(CONTAINERD_NAME));
  }

  private byte[] read(Descriptor descriptor, int limit) throws IOException {
    if (descriptor.size() > limit) {
      throw new MalformedDocumentException(
          "blob " + descriptor.digest(), "it has " + descriptor.size() + " bytes, too many");
    }
    byte[] bytes = new byte[(int) descriptor.size()];
    try (BlobSource blob = openBlob(descriptor)) {
      blob.readFully(0, ByteBuffer.wrap(bytes));
    }
    Digest actual = Digest.of(bytes);
    if (!actual.equals(descriptor.digest())) {
      throw new DigestMismatchException(
          "blob in " + layout.description(), descriptor.digest(), actual);
    }
    return bytes;
  }

  /** The tags that there are, at most a line of them. */
  private static String known(List<Descriptor> images) {
    List<String> tags =
        images.stream()
            .map(image -> image.annotations().get(OciLayout.REF_NAME))
            .filter(java.util.Objects::nonNull)
            .distinct()
            .limit(5)
            .toList();
    return tags.isEmpty() ? "" : " (it has " + String.join(", ", tags) + ")";
  }

  @Override
  public String toString() {
    return layout.location(tag == null ? "" : tag);
  }
}
