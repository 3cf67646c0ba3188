package io.loadstar.layout;

import io.loadstar.blob.BlobSource;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.TocImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * An image in an OCI layout, to be written. Thread-safe. Closing it takes away a layout that was
 * created for it if nothing has been published; blobs in a layout that was there stay, since
 * another image may have come to rely on them.
 */
public final class LayoutImageDestination implements ImageDestination {

  private final OciLayout layout;
  private final @Nullable String tag;

  /**
   * @param tag the tag that the image gets, or null for none
   */
  public LayoutImageDestination(OciLayout layout, @Nullable String tag) {
    this.layout = layout;
    this.tag = tag;
  }

  @Override
  public boolean hasBlob(Descriptor blob) throws IOException {
    Path file = layout.blob(blob.digest());
    return Files.isRegularFile(file) && Files.size(file) == blob.size();
  }

  @Override
  public BlobSource openBlob(Descriptor blob) throws IOException {
    return layout.openBlob(blob.digest());
  }

  @Override
  public void putBlob(Descriptor blob, BlobContent content) throws IOException {
    layout.put(blob, content);
  }

  @Override
  public Optional<ImageDestination> tocImage() {
    return tag == null
        ? Optional.empty()
        : Optional.of(new LayoutImageDestination(layout, tag + TocImage.SUFFIX));
  }

  @Override
  public void putManifest(ImageDocument manifest) throws IOException {
    if (!hasBlob(manifest.descriptor())) {
      layout.put(manifest.descriptor(), BlobContent.of(manifest.bytes()));
    }
  }

  @Override
  public void publish(ImageDocument image) throws IOException {
    putManifest(image);
    layout.publish(image.descriptor(), tag);
  }

  @Override
  public void close() throws IOException {
    layout.removeIfUnused();
  }

  @Override
  public String toString() {
    return "oci:" + layout + (tag == null ? "" : ":" + tag);
  }
}
