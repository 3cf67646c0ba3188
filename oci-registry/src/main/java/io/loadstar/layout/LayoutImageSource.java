package io.loadstar.layout;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MalformedDocumentException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.NoSuchFileException;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An image in an OCI layout. Thread-safe; closing it closes nothing. */
public final class LayoutImageSource implements ImageSource {

  private final OciLayout layout;
  private final @Nullable String tag;

  /**
   * @param tag the image's tag, or null for the only image of the layout
   */
  public LayoutImageSource(OciLayout layout, @Nullable String tag) {
    this.layout = layout;
    this.tag = tag;
  }

  @Override
  public ImageDocument resolve() throws IOException {
    List<Descriptor> images = layout.index().manifests();
    List<Descriptor> found =
        images.stream()
            .filter(image -> tag == null || tag.equals(image.annotations().get(OciLayout.REF_NAME)))
            .toList();
    if (found.isEmpty()) {
      throw new LayoutException.NotFound(
          tag == null
              ? "layout " + layout.directory() + " has no image in it"
              : "layout " + layout.directory() + " has no image " + tag + known(images));
    }
    if (found.size() > 1 && tag == null) {
      throw new LayoutException.NotFound(
          "layout " + layout.directory() + " has several images – name one" + known(images));
    }
    return manifest(found.getLast().withoutAnnotation(OciLayout.REF_NAME));
  }

  @Override
  public ImageDocument manifest(Descriptor descriptor) throws IOException {
    byte[] bytes = read(descriptor, MAX_MANIFEST_BYTES);
    return ImageDocument.of(descriptor.mediaType(), bytes).describedBy(descriptor);
  }

  @Override
  public byte[] smallBlob(Descriptor descriptor) throws IOException {
    return read(descriptor, MAX_SMALL_BLOB_BYTES);
  }

  @Override
  public BlobSource openBlob(Descriptor descriptor) throws IOException {
    BlobSource blob;
    try {
      blob = FileBlobSource.open(layout.blob(descriptor.digest()), descriptor.digest());
    } catch (NoSuchFileException e) {
      throw new LayoutException.NotFound(
          "layout " + layout.directory() + " lacks the blob " + descriptor.digest());
    }
    if (blob.size() != descriptor.size()) {
      try (blob) {
        throw new MalformedDocumentException(
            "blob " + descriptor.digest() + " in layout " + layout.directory(),
            "it has " + blob.size() + " bytes instead of " + descriptor.size());
      }
    }
    return blob;
  }

  @Override
  public void close() {}

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
          "blob in layout " + layout.directory(), descriptor.digest(), actual);
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
    return "oci:" + layout + (tag == null ? "" : ":" + tag);
  }
}
