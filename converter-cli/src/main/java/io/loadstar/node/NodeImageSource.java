package io.loadstar.node;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Content;
import io.loadstar.containerd.ContentInfo;
import io.loadstar.containerd.ImageRecord;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MalformedDocumentException;
import java.io.IOException;
import java.io.InputStream;
import java.util.Optional;

/**
 * An image in containerd's content store. Thread-safe; closing it closes nothing. Of an index,
 * containerd mostly has one platform's image only, and of a lazily pulled image no layers.
 */
final class NodeImageSource implements ImageSource {

  private final ContainerdClient client;
  private final Content content;
  private final ImageReference image;

  NodeImageSource(ContainerdClient client, ImageReference image) {
    this.client = client;
    this.content = client.services().content();
    this.image = image;
  }

  @Override
  public ImageDocument resolve() throws IOException {
    try {
      Optional<ImageRecord> found = client.services().images().get(image.toString());
      if (found.isEmpty()) {
        throw new NodeImageException(
            this + ": containerd has no such image in this namespace – see ctr images ls", null);
      }
      var target = found.get().target();
      return manifest(
          Descriptor.of(target.mediaType(), Digest.parse(target.digest()), target.size()));
    } catch (ContainerdException e) {
      throw NodeImageException.of(e);
    }
  }

  @Override
  public boolean hasManifest(Descriptor descriptor) throws IOException {
    return info(descriptor).isPresent();
  }

  @Override
  public ImageDocument manifest(Descriptor descriptor) throws IOException {
    byte[] bytes = read(descriptor, MAX_MANIFEST_BYTES);
    return ImageDocument.of(descriptor.mediaType(), bytes).describedBy(descriptor);
  }

  @Override
  public Optional<ImageSource> tocImage() {
    return image.tocImage().map(beside -> new NodeImageSource(client, beside));
  }

  @Override
  public byte[] smallBlob(Descriptor descriptor) throws IOException {
    return read(descriptor, MAX_SMALL_BLOB_BYTES);
  }

  @Override
  public BlobSource openBlob(Descriptor descriptor) throws IOException {
    ContentInfo info = info(descriptor).orElseThrow(() -> missing(descriptor));
    if (info.size() != descriptor.size()) {
      throw new MalformedDocumentException(
          "content " + descriptor.digest() + " of " + this,
          "it has " + info.size() + " bytes instead of " + descriptor.size());
    }
    return new NodeBlob(content, descriptor);
  }

  private byte[] read(Descriptor descriptor, int limit) throws IOException {
    if (descriptor.size() > limit) {
      throw new MalformedDocumentException(
          "content " + descriptor.digest(), "it has " + descriptor.size() + " bytes, too many");
    }
    if (info(descriptor).isEmpty()) {
      throw missing(descriptor);
    }
    byte[] bytes;
    try (InputStream in = content.open(descriptor.digest().toString(), 0, descriptor.size())) {
      bytes = in.readNBytes(limit);
    }
    Digest actual = Digest.of(bytes);
    if (!actual.equals(descriptor.digest())) {
      throw new DigestMismatchException("content of " + this, descriptor.digest(), actual);
    }
    return bytes;
  }

  private Optional<ContentInfo> info(Descriptor descriptor) throws NodeImageException {
    try {
      return content.info(descriptor.digest().toString());
    } catch (ContainerdException e) {
      throw NodeImageException.of(e);
    }
  }

  private NodeImageException missing(Descriptor descriptor) {
    return new NodeImageException(
        this
            + ": containerd doesn't have its "
            + descriptor.digest()
            + " (of another platform, or never downloaded since the image was pulled lazily) –"
            + " choose --platform, run loadstar pull --complete "
            + image
            + ", or take the image from its registry",
        null);
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return "containerd:" + image;
  }
}
