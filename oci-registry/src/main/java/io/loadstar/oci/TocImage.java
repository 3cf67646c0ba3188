package io.loadstar.oci;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.format.ExternalTocs;
import io.loadstar.format.LayerBlob;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The image that keeps the TOCs of another one's layers: one layer for each, whose annotation names
 * the layer that it belongs to. It stands beside the other, its tag followed by {@link #SUFFIX}.
 * Thread-safe; its manifest is read when the first TOC is asked for.
 */
public final class TocImage implements ExternalTocs {

  /** What is put behind the tag of an image to name its TOC image. */
  public static final String SUFFIX = "-esgztoc";

  /** The annotation of a TOC image's layer: the digest of the layer that it is the TOC of. */
  public static final String LAYER_DIGEST = "containerd.io/snapshot/stargz/layer.digest";

  private final ImageSource image;
  private @Nullable Map<String, Descriptor> tocs;

  private TocImage(ImageSource image) {
    this.image = image;
  }

  /** The TOCs of the layers of {@code image}, wherever they are kept. */
  public static ExternalTocs of(ImageSource image) {
    return layer -> {
      Optional<ImageSource> beside = image.tocImage();
      if (beside.isEmpty()) {
        throw new UnsupportedBlobException(
            "eStargz with its TOC in another image, which has no name: " + image + " has no tag");
      }
      try (ImageSource tocs = beside.get()) {
        return new TocImage(tocs).find(layer);
      }
    };
  }

  /**
   * The TOC image of layers.
   *
   * @param tocs by the digest of the layer
   */
  public static Contents contents(Map<Digest, ByteBuffer> tocs) {
    List<Contents.Toc> sorted =
        tocs.entrySet().stream()
            .map(each -> new Contents.Toc(each.getKey(), each.getValue()))
            .sorted(Comparator.comparing(each -> each.descriptor().digest().toString()))
            .toList();
    return new Contents(sorted);
  }

  @Override
  public byte[] find(Digest layer) throws IOException {
    Descriptor toc = tocs().get(layer.toString());
    if (toc == null) {
      throw new UnsupportedBlobException("eStargz whose TOC isn't in its TOC image " + image);
    }
    if (toc.size() > LayerBlob.MAX_TOC_BYTES) {
      throw new MalformedDocumentException(
          "TOC " + toc.digest() + " of " + image, "it has " + toc.size() + " bytes, too many");
    }
    byte[] bytes = new byte[(int) toc.size()];
    try (BlobSource blob = image.openBlob(toc)) {
      blob.readFully(0, ByteBuffer.wrap(bytes));
    }
    Digest actual = Digest.of(bytes);
    if (!actual.equals(toc.digest())) {
      throw new DigestMismatchException("TOC in " + image, toc.digest(), actual);
    }
    return bytes;
  }

  private synchronized Map<String, Descriptor> tocs() throws IOException {
    Map<String, Descriptor> known = tocs;
    if (known == null) {
      known = new HashMap<>();
      for (Descriptor toc : Manifest.parse(image.resolve()).layers()) {
        known.put(toc.annotations().getOrDefault(LAYER_DIGEST, ""), toc);
      }
      tocs = known;
    }
    return known;
  }

  /** What a TOC image is made of. Immutable. */
  public record Contents(List<Toc> tocs) {

    private static final String CONFIG =
        "{\"architecture\":\"unknown\",\"os\":\"unknown\","
            + "\"rootfs\":{\"type\":\"layers\",\"diff_ids\":[]}}";

    public Contents {
      tocs = List.copyOf(tocs);
    }

    /**
     * One TOC.
     *
     * @param layer that it belongs to
     * @param bytes a gzipped tar
     */
    public record Toc(Digest layer, ByteBuffer bytes) {

      private Descriptor descriptor() {
        return Descriptor.of(MediaTypes.OCI_LAYER_GZIP, Digest.of(bytes), bytes.remaining())
            .withAnnotation(LAYER_DIGEST, layer.toString());
      }

      private byte[] copy() {
        byte[] copy = new byte[bytes.remaining()];
        bytes.get(bytes.position(), copy);
        return copy;
      }
    }

    /**
     * Stores it all and names it.
     *
     * @throws IOException if it can't be stored
     */
    public void publish(ImageDestination destination) throws IOException {
      ImageDocument config =
          ImageDocument.of(MediaTypes.OCI_CONFIG, CONFIG.getBytes(StandardCharsets.UTF_8));
      put(destination, config.descriptor(), config.bytes());
      for (Toc toc : tocs) {
        put(destination, toc.descriptor(), toc.copy());
      }
      destination.publish(
          Manifest.of(config.descriptor(), tocs.stream().map(Toc::descriptor).toList())
              .toDocument());
    }

    private static void put(ImageDestination destination, Descriptor blob, byte[] bytes)
        throws IOException {
      if (!destination.hasBlob(blob)) {
        destination.putBlob(blob, BlobContent.of(bytes));
      }
    }
  }
}
