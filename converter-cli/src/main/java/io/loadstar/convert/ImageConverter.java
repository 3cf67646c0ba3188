package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.build.LayerBuilder;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageConfig;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.Platform;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Converts an image to eStargz, from one place to another. Not thread-safe; used for one image.
 *
 * <p>Layers are rewritten, the config's DiffIDs and the manifest's descriptors follow them, and the
 * media types become OCI's; nothing else changes. Layers that are eStargz already stay as they are,
 * and an image of only such layers keeps its digest. The result depends on the image and the
 * options alone.
 *
 * <p>Blobs come first, then the manifests, and what the destination's location names changes last:
 * a conversion that fails or is interrupted has changed no image.
 *
 * <p>Of an index, each image is converted. What else is in it (attestations, signatures) is brought
 * over untouched, with a notice where it speaks of an image that has another digest now.
 */
public final class ImageConverter {

  /** The annotation by which BuildKit's attestations say what they speak of. */
  private static final String ATTESTED = "vnd.docker.reference.digest";

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
    this.copier = new ImageCopier(places, transfer);
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
    ImageDocument result =
        MediaTypes.isIndex(image.mediaType()) ? convertIndex(image) : convertOnly(image);
    tellMissed();
    job.destination().publish(result);
    return new ConversionReport(image.digest(), result.digest(), manifests.images());
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
    if (!job.options().platforms().isEmpty()) {
      checkPlatform(manifest);
    }
    return manifests.convert(document, manifest);
  }

  private void checkPlatform(Manifest manifest) throws IOException {
    byte[] bytes = job.source().smallBlob(manifest.config());
    Optional<Platform> platform = ImageConfig.parse(bytes, "config").platform();
    if (platform.isEmpty() || !wanted(platform.get())) {
      throw new ConversionException(
          job.name()
              + " is for "
              + platform.map(Platform::toString).orElse("no known platform")
              + ", not for "
              + job.options().platforms().stream()
                  .map(Platform::toString)
                  .collect(Collectors.joining(" or ")));
    }
  }

  private ImageDocument convertIndex(ImageDocument document) throws IOException {
    ImageIndex index = ImageIndex.parse(document);
    Map<Digest, Descriptor> convertedFrom = new HashMap<>();
    List<Descriptor> entries = new ArrayList<>();
    for (Descriptor entry : chosen(index)) {
      Descriptor converted = convertEntry(entry);
      convertedFrom.put(entry.digest(), converted);
      entries.add(converted);
    }
    if (manifests.images().isEmpty()) {
      throw new ConversionException(job.name() + " is an index without a container image in it");
    }
    tellOutdated(entries, convertedFrom);
    ImageIndex changed =
        index.withMediaType(MediaTypes.toOci(index.mediaType())).withManifests(entries);
    return entries.equals(index.manifests()) && changed.mediaType().equals(index.mediaType())
        ? document
        : changed.toDocument();
  }

  /** The entries to be in the result: those of the platforms wanted, and what speaks of them. */
  private List<Descriptor> chosen(ImageIndex index) throws ConversionException {
    if (job.options().platforms().isEmpty()) {
      return index.manifests();
    }
    Set<String> images = new HashSet<>();
    for (Descriptor entry : index.manifests()) {
      if (entry.platform().filter(this::wanted).isPresent()) {
        images.add(entry.digest().toString());
      }
    }
    for (Platform platform : job.options().platforms()) {
      if (index.select(platform).isEmpty()) {
        throw new ConversionException(
            job.name() + " has no image for " + platform + " (it has " + platforms(index) + ")");
      }
    }
    return index.manifests().stream()
        .filter(entry ->
            images.contains(entry.digest().toString())
                || images.contains(entry.annotations().getOrDefault(ATTESTED, "")))
        .toList();
  }

  private boolean wanted(Platform platform) {
    return job.options().platforms().stream().anyMatch(wanted -> wanted.matches(platform));
  }

  private static String platforms(ImageIndex index) {
    List<String> known =
        index.manifests().stream()
            .filter(entry -> !entry.annotations().containsKey(ATTESTED))
            .flatMap(entry -> entry.platform().stream())
            .map(Platform::toString)
            .distinct()
            .toList();
    return known.isEmpty() ? "none that it names" : String.join(", ", known);
  }

  private Descriptor convertEntry(Descriptor entry) throws IOException {
    if (MediaTypes.isManifest(entry.mediaType()) && !entry.annotations().containsKey(ATTESTED)) {
      ImageDocument document = job.source().manifest(entry);
      Manifest manifest = Manifest.parse(document);
      if (manifest.isImage()) {
        ImageDocument converted = manifests.convert(document, manifest);
        job.destination().putManifest(converted);
        return converted.digest().equals(entry.digest())
            ? entry
            : entry
                .withMediaType(converted.mediaType())
                .withContent(converted.digest(), converted.descriptor().size());
      }
    }
    copier.copyEntry(entry);
    return entry;
  }

  private void tellOutdated(List<Descriptor> entries, Map<Digest, Descriptor> convertedFrom) {
    for (Descriptor entry : entries) {
      String attested = entry.annotations().getOrDefault(ATTESTED, "");
      for (Map.Entry<Digest, Descriptor> converted : convertedFrom.entrySet()) {
        boolean other = !converted.getKey().equals(converted.getValue().digest());
        if (other && attested.equals(converted.getKey().toString())) {
          job.listener().notice("attestation " + entry.digest() + " still speaks of " + attested);
        }
      }
    }
  }

  /** Tells prioritized files that are in no layer at all. */
  private void tellMissed() {
    List<String> missed = new ArrayList<>(job.options().build().prioritized().paths());
    for (ConvertedLayer layer : manifests.layers()) {
      if (layer instanceof ConvertedLayer.Rewritten) {
        missed.retainAll(layer.missed());
      }
    }
    for (String path : missed) {
      job.listener().notice("prioritized file " + path + " is in none of the layers");
    }
  }
}
