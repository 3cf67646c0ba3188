package io.loadstar.convert;

import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Converts the images of an index, and brings over what else is in it. Not thread-safe; used for
 * one index.
 *
 * <p>Entries that are no container images (artifacts, nested indexes, types that nobody knows) come
 * over as they are. Attestations of an image that has another digest now are dropped or pointed to
 * it; signatures of it can't be either, and are said to be void.
 */
final class IndexConverter {

  private final ConversionJob job;
  private final ManifestConverter manifests;
  private final ImageCopier copier;
  private final Map<String, Descriptor> changed = new LinkedHashMap<>();
  private final List<Manifest> artifacts = new ArrayList<>();

  IndexConverter(ConversionJob job, ManifestConverter manifests, ImageCopier copier) {
    this.job = job;
    this.manifests = manifests;
    this.copier = copier;
  }

  /**
   * Brings over what the index names.
   *
   * @return the index for the destination, which isn't stored yet
   */
  ImageDocument convert(ImageDocument document) throws IOException {
    ImageIndex index = ImageIndex.parse(document);
    List<Descriptor> chosen =
        new IndexSelection(job.source(), job.options().platforms(), job.listener()).of(index);
    Map<Descriptor, Descriptor> converted = new LinkedHashMap<>();
    for (Descriptor entry : chosen) {
      if (!Attestations.isAttestation(entry)) {
        converted.put(entry, convertEntry(entry));
      }
    }
    if (manifests.images().isEmpty()) {
      throw new ConversionException(job.name() + " is an index without a container image in it");
    }
    List<Descriptor> entries = new ArrayList<>();
    for (Descriptor entry : chosen) {
      Descriptor image = converted.get(entry);
      Optional<Descriptor> result = image != null ? Optional.of(image) : attestation(entry);
      result.ifPresent(entries::add);
    }
    tellVoid();
    ImageIndex result =
        index.withMediaType(MediaTypes.toOci(index.mediaType())).withManifests(entries);
    return entries.equals(index.manifests()) && result.mediaType().equals(index.mediaType())
        ? document
        : result.toDocument();
  }

  private Descriptor convertEntry(Descriptor entry) throws IOException {
    if (MediaTypes.isManifest(entry.mediaType())) {
      ImageDocument document = job.source().manifest(entry);
      Manifest manifest = Manifest.parse(document);
      if (manifest.isImage()) {
        return image(entry, manifests.convert(document, manifest));
      }
      artifacts.add(manifest);
    }
    copier.copyEntry(entry);
    return entry;
  }

  private Descriptor image(Descriptor entry, ImageDocument converted) throws IOException {
    job.destination().putManifest(converted);
    if (converted.digest().equals(entry.digest())) {
      return entry;
    }
    Descriptor result =
        entry
            .withMediaType(converted.mediaType())
            .withContent(converted.digest(), converted.descriptor().size());
    changed.put(entry.digest().toString(), result);
    return result;
  }

  private Optional<Descriptor> attestation(Descriptor entry) throws IOException {
    String subject = Attestations.subject(entry).orElse("");
    Descriptor now = changed.get(subject);
    if (now == null) {
      copier.copyEntry(entry);
      return Optional.of(entry);
    }
    return switch (job.options().attestations()) {
      case DROP -> {
        job.listener()
            .notice(
                "attestation "
                    + entry.digest()
                    + " is dropped: it speaks of "
                    + subject
                    + ", which is another image now (--keep-attestations keeps it)");
        yield Optional.empty();
      }
      case KEEP -> {
        copier.copyEntry(entry);
        job.listener()
            .notice(
                "attestation "
                    + entry.digest()
                    + " is kept for "
                    + now.digest()
                    + ", but its statements still name "
                    + subject);
        yield Optional.of(Attestations.pointedTo(entry, now));
      }
    };
  }

  private void tellVoid() {
    for (Manifest artifact : artifacts) {
      Optional<Descriptor> subject = artifact.subject();
      if (subject.isPresent() && changed.containsKey(subject.get().digest().toString())) {
        job.listener()
            .notice(
                artifact.config().mediaType()
                    + " in the index speaks of "
                    + subject.get().digest()
                    + ": it is void for the converted image");
      }
    }
  }
}
