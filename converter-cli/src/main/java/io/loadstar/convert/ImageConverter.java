package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.build.LayerBuilder;
import io.loadstar.format.BlobFormat;
import io.loadstar.oci.ImageConfig;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.Platform;
import io.loadstar.oci.TocImage;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Converts an image to a lazily readable format, from one place to another. Not thread-safe; used
 * for one image.
 *
 * <p>Layers are rewritten, the config's DiffIDs and the manifest's descriptors follow them, and the
 * media types become OCI's; nothing else changes. Layers that are in that format already stay as
 * they are, and an image of only such layers keeps its digest. The result depends on the image and
 * the options alone.
 *
 * <p>Blobs come first, then the manifests, and what the destination's location names changes last:
 * a conversion that fails or is interrupted has changed no image.
 *
 * <p>Of an index, each image that is wanted is converted; see {@link IndexConverter} for what else
 * is in it.
 */
public final class ImageConverter {

  /** How many files that weren't found are told one by one. */
  private static final int MAX_TOLD = 20;

  private final ConversionJob job;
  private final BlobTransfer transfer;
  private final ManifestConverter manifests;
  private final ImageCopier copier;

  /**
   * @param places source and destination, which stay the caller's
   * @param builder builds the layers; stays the caller's
   */
  public ImageConverter(
      Places places, LayerBuilder builder, ConversionOptions options, ConversionListener listener) {
    this.job = new ConversionJob(places.source(), places.destination(), options, listener);
    this.transfer = new BlobTransfer(places.source(), places.destination(), listener);
    this.manifests =
        new ManifestConverter(job, new LayerConverter(job, builder, transfer), transfer);
    this.copier =
        new ImageCopier(
            places,
            transfer,
            new IndexSelection(places.source(), PlatformChoice.present(), listener));
  }

  /** From where to where. */
  public record Places(ImageSource source, ImageDestination destination) {}

  /**
   * Does it.
   *
   * @param image what the source's location names
   * @throws ConversionException if the image, or a layer of it, can't be converted
   * @throws io.loadstar.blob.DigestMismatchException if a layer's bytes aren't the layer's
   * @throws IOException if the source can't be read or the destination not written
   */
  public ConversionReport convert(ImageDocument image) throws IOException {
    if (job.options().build().format() instanceof BlobFormat.ExternalToc) {
      tocDestination().close();
    }
    ImageDocument result =
        MediaTypes.isIndex(image.mediaType())
            ? new IndexConverter(job, manifests, copier).convert(image)
            : convertOnly(image);
    tellMissed();
    publishTocs();
    job.destination().publish(result);
    ConversionReport report =
        new ConversionReport(image.digest(), result.digest(), manifests.images());
    new VoidSignatures(job.source(), job.listener()).tell(report);
    return report;
  }

  /** Before the image, which can't be mounted lazily without. */
  private void publishTocs() throws IOException {
    Map<Digest, ByteBuffer> tocs = manifests.externalTocs();
    if (tocs.isEmpty()) {
      return;
    }
    try (ImageDestination beside = tocDestination()) {
      TocImage.contents(tocs).publish(beside);
      job.listener().notice("the layers' TOCs are in " + beside + ", which belongs to the image");
    }
  }

  private ImageDestination tocDestination() throws IOException {
    return job.destination()
        .tocImage()
        .orElseThrow(() ->
            new ConversionException(
                job.destination()
                    + " has no room for the image with the layers' TOCs beside it – give a"
                    + " tag, in a registry, a layout (oci:DIR:TAG) or containerd"));
  }

  private ImageDocument convertOnly(ImageDocument document) throws IOException {
    Manifest manifest = Manifest.parse(document);
    if (!manifest.isImage()) {
      throw new ConversionException(
          job.name()
              + " is no container image, but an artifact of "
              + manifest.config().mediaType()
              + " – to have it elsewhere, use loadstar copy");
    }
    if (!job.options().platforms().platforms().isEmpty()) {
      checkPlatform(manifest);
    }
    return manifests.convert(document, manifest);
  }

  private void checkPlatform(Manifest manifest) throws IOException {
    byte[] bytes = job.source().smallBlob(manifest.config());
    Optional<Platform> platform = ImageConfig.parse(bytes, "config").platform();
    if (platform.isEmpty() || !job.options().platforms().wants(platform.get())) {
      throw new ConversionException(
          job.name()
              + " is for "
              + platform.map(Platform::toString).orElse("no known platform")
              + ", not for "
              + job.options().platforms().platforms().stream()
                  .map(Platform::toString)
                  .collect(Collectors.joining(" or ")));
    }
  }

  /** Tells prioritized files that none of the layers has where they were wanted. */
  private void tellMissed() {
    Set<String> missed = new LinkedHashSet<>();
    Set<String> placed = new HashSet<>();
    for (Map.Entry<Digest, ConvertedLayer> layer : manifests.layers().entrySet()) {
      switch (layer.getValue()) {
        case ConvertedLayer.Kept _, ConvertedLayer.Untouched _ -> {}
        case ConvertedLayer.Rewritten _, LayerRecord _ -> {
          Set<String> absent = new HashSet<>(layer.getValue().missed());
          for (String path : job.options().buildOf(layer.getKey()).prioritized().paths()) {
            (absent.contains(path) ? missed : placed).add(path);
          }
        }
      }
    }
    missed.removeAll(placed);
    missed.stream()
        .limit(MAX_TOLD)
        .forEach(path ->
            job.listener().notice("prioritized file " + path + " is in none of the layers"));
    if (missed.size() > MAX_TOLD) {
      job.listener()
          .notice((missed.size() - MAX_TOLD) + " more prioritized files are in none of the layers");
    }
  }
}
