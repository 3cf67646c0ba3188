package io.loadstar.node;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Content;
import io.loadstar.containerd.ContentDescriptor;
import io.loadstar.containerd.ContentInfo;
import io.loadstar.containerd.ImageRecord;
import io.loadstar.containerd.Lease;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageConfig;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.VerifyingOutput;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * An image to be written into containerd's content store. Thread-safe. A lease keeps what comes
 * until the image's name does; closing ends it, and what nothing else keeps alive is collected.
 */
final class NodeImageDestination implements ImageDestination {

  /** In case that this process can't end its lease any more. */
  private static final Duration LEASE_LIFETIME = Duration.ofHours(24);

  private final ContainerdClient client;
  private final Content content;
  private final Lease lease;
  private final ImageReference image;

  private NodeImageDestination(ContainerdClient client, Lease lease, ImageReference image) {
    this.client = client;
    this.content = client.under(lease).content();
    this.lease = lease;
    this.image = image;
  }

  static NodeImageDestination open(ContainerdClient client, ImageReference image)
      throws NodeImageException {
    Lease lease = Lease.unused();
    try {
      client.services().leases().create(lease, LEASE_LIFETIME);
    } catch (ContainerdException e) {
      throw NodeImageException.of(e);
    }
    return new NodeImageDestination(client, lease, image);
  }

  /** First held, then looked for: what is there then can't be collected before it is used. */
  @Override
  public boolean hasBlob(Descriptor blob) throws IOException {
    try {
      client.services().leases().addContent(lease, blob.digest().toString());
      Optional<ContentInfo> info = content.info(blob.digest().toString());
      return info.isPresent() && info.get().size() == blob.size();
    } catch (ContainerdException e) {
      throw NodeImageException.of(e);
    }
  }

  @Override
  public BlobSource openBlob(Descriptor blob) {
    return new NodeBlob(content, blob);
  }

  @Override
  public void putBlob(Descriptor blob, BlobContent bytes) throws IOException {
    write(blob, bytes, Map.of());
  }

  @Override
  public Optional<ImageDestination> tocImage() throws IOException {
    Optional<ImageReference> beside = image.tocImage();
    return beside.isEmpty() ? Optional.empty() : Optional.of(open(client, beside.get()));
  }

  @Override
  public void putManifest(ImageDocument manifest) throws IOException {
    Map<String, String> labels = GcLabels.of(manifest);
    write(manifest.descriptor(), BlobContent.of(manifest.bytes()), labels);
    try {
      content.label(manifest.digest().toString(), labels);
      if (MediaTypes.isManifest(manifest.mediaType())) {
        labelLayers(Manifest.parse(manifest));
      }
    } catch (ContainerdException e) {
      throw NodeImageException.of(e);
    }
  }

  @Override
  public void publish(ImageDocument published) throws IOException {
    putManifest(published);
    try {
      client
          .services()
          .images()
          .put(new ImageRecord(image.toString(), described(published.descriptor())));
    } catch (ContainerdException e) {
      throw NodeImageException.of(e);
    }
  }

  /** Says of each layer what it is uncompressed, so that containerd needn't find out. */
  private void labelLayers(Manifest manifest) throws IOException, ContainerdException {
    String config = manifest.config().digest().toString();
    if (!manifest.isImage() || content.info(config).isEmpty()) {
      return;
    }
    byte[] bytes = content.read(config, ImageSource.MAX_SMALL_BLOB_BYTES);
    List<Digest> diffIds = ImageConfig.parse(bytes, "config " + config).diffIds();
    for (int i = 0; i < Math.min(diffIds.size(), manifest.layers().size()); i++) {
      String layer = manifest.layers().get(i).digest().toString();
      if (content.info(layer).isPresent()) {
        content.label(layer, GcLabels.ofLayer(diffIds.get(i)));
      }
    }
  }

  private void write(Descriptor blob, BlobContent bytes, Map<String, String> labels)
      throws IOException {
    try {
      content.write(
          GcLabels.kind(blob) + "-" + blob.digest(),
          described(blob),
          labels,
          (offset, out) -> {
            VerifyingOutput verifying = new VerifyingOutput(blob, new SkippingOutput(out, offset));
            bytes.writeTo(verifying);
            verifying.finish();
          });
    } catch (ContainerdException e) {
      throw NodeImageException.of(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      InterruptedIOException interrupted =
          new InterruptedIOException("writing " + blob.digest() + ": interrupted");
      interrupted.initCause(e);
      throw interrupted;
    }
  }

  private static ContentDescriptor described(Descriptor blob) {
    return new ContentDescriptor(blob.mediaType(), blob.digest().toString(), blob.size());
  }

  @Override
  public void close() throws IOException {
    try {
      client.services().leases().deleteAndCollect(lease);
    } catch (ContainerdException e) {
      throw NodeImageException.of(e);
    }
  }

  @Override
  public String toString() {
    return "containerd:" + image;
  }
}
