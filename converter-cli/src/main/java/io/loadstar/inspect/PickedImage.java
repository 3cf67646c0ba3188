package io.loadstar.inspect;

import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageConfig;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.Platform;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The one image that a location and a platform mean, its documents read and verified. Immutable.
 *
 * @param document the manifest, as stored
 * @param manifest the same, read
 * @param config how it runs, and its DiffIDs
 */
public record PickedImage(ImageDocument document, Manifest manifest, ImageConfig config) {

  /**
   * Asks {@code source}.
   *
   * @param platform which of an index's images; if none is said, the only one, else this machine's
   * @throws InspectionException if there is none, or it is no container image
   * @throws IOException if the source doesn't give it
   */
  public static PickedImage of(ImageSource source, Optional<Platform> platform) throws IOException {
    ImageDocument named = source.resolve();
    ImageDocument document =
        MediaTypes.isIndex(named.mediaType())
            ? source.manifest(select(source, ImageIndex.parse(named), platform))
            : named;
    Manifest manifest = Manifest.parse(document);
    if (!manifest.isImage()) {
      throw new InspectionException(
          source + " is no container image, but an artifact of " + manifest.config().mediaType());
    }
    ImageConfig config =
        ImageConfig.parse(
            source.smallBlob(manifest.config()), "config " + manifest.config().digest());
    if (config.diffIds().size() != manifest.layers().size()) {
      throw new InspectionException(
          source
              + ": its manifest has "
              + manifest.layers().size()
              + " layers, its config "
              + config.diffIds().size()
              + " diff_ids; it has to be built again");
    }
    return new PickedImage(document, manifest, config);
  }

  /** The layers, lowest first. */
  public List<Descriptor> layers() {
    return manifest.layers();
  }

  private static Descriptor select(
      ImageSource source, ImageIndex index, Optional<Platform> platform)
      throws InspectionException {
    List<Descriptor> images =
        index.manifests().stream()
            .filter(entry -> MediaTypes.isManifest(entry.mediaType()))
            .filter(entry -> entry.platform().filter(p -> !p.os().equals("unknown")).isPresent())
            .toList();
    if (platform.isEmpty() && images.size() == 1) {
      return images.getFirst();
    }
    Platform wanted = platform.orElse(Platform.current());
    return index
        .select(wanted)
        .orElseThrow(() ->
            new InspectionException(
                source
                    + " has no image for "
                    + wanted
                    + "; choose with --platform from: "
                    + images.stream()
                        .flatMap(entry -> entry.platform().stream())
                        .map(Platform::toString)
                        .distinct()
                        .collect(Collectors.joining(", "))));
  }
}
