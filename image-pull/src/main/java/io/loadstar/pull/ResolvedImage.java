package io.loadstar.pull;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageConfig;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageProcess;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.Platform;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/**
 * An image's documents, read, verified and found to belong together. Immutable.
 *
 * @param image what was asked for
 * @param target what the reference names: an index, or the manifest itself
 * @param manifest the manifest for the platform, as stored
 * @param layers the manifest's layers, lowest first
 * @param config the config, as stored
 * @param diffIds the layers' DiffIDs
 * @param chainIds their ChainIDs, which are the names of their snapshots
 * @param process what its containers run
 */
record ResolvedImage(
    ImageReference image,
    ImageDocument target,
    ImageDocument manifest,
    List<Descriptor> layers,
    ImageDocument config,
    List<Digest> diffIds,
    List<Digest> chainIds,
    ImageProcess process) {

  ResolvedImage {
    layers = List.copyOf(layers);
    diffIds = List.copyOf(diffIds);
    chainIds = List.copyOf(chainIds);
  }

  /**
   * Asks {@code source}.
   *
   * @param found is told of the manifest, while its config is still to come
   * @throws PullException if there is no image for the platform, or it is none of a container
   * @throws IOException if the source doesn't give it
   */
  static ResolvedImage resolve(PullRequest request, ImageSource source, Consumer<Manifest> found)
      throws IOException, PullException {
    ImageReference image = request.image();
    ImageDocument target = source.resolve();
    ImageDocument stored =
        MediaTypes.isIndex(target.mediaType())
            ? source.manifest(select(request, ImageIndex.parse(target)))
            : target;
    Manifest manifest = Manifest.parse(stored);
    if (!manifest.isImage()) {
      throw new PullException(
          "image "
              + image
              + ": is no container image (its config is of type "
              + manifest.config().mediaType()
              + "); check the reference");
    }
    found.accept(manifest);
    byte[] bytes = source.smallBlob(manifest.config());
    ImageConfig config = ImageConfig.parse(bytes, "config " + manifest.config().digest());
    check(request, manifest, config);
    return new ResolvedImage(
        image,
        target,
        stored,
        manifest.layers(),
        ImageDocument.of(manifest.config().mediaType(), bytes),
        config.diffIds(),
        config.chainIds(),
        config.process());
  }

  /** The name of the snapshot that holds the whole image; none if it has no layers. */
  Optional<Digest> topChainId() {
    return chainIds.isEmpty() ? Optional.empty() : Optional.of(chainIds.getLast());
  }

  private static Descriptor select(PullRequest request, ImageIndex index) throws PullException {
    Optional<Descriptor> chosen = index.select(request.wanted());
    if (chosen.isPresent()) {
      return chosen.get();
    }
    String known =
        index.manifests().stream()
            .flatMap(manifest -> manifest.platform().stream())
            .filter(platform -> !platform.os().equals("unknown"))
            .map(Platform::toString)
            .distinct()
            .collect(Collectors.joining(", "));
    throw new PullException(
        "image "
            + request.image()
            + ": isn't there for "
            + request.wanted()
            + "; choose with --platform from: "
            + (known.isEmpty() ? "(none)" : known));
  }

  private static void check(PullRequest request, Manifest manifest, ImageConfig config)
      throws PullException {
    Optional<Platform> made = config.platform();
    if (made.isPresent() && !request.wanted().matches(made.get())) {
      throw new PullException(
          "image "
              + request.image()
              + ": is for "
              + made.get()
              + ", not for "
              + request.wanted()
              + "; say --platform "
              + made.get()
              + " if that is meant");
    }
    if (manifest.layers().size() != config.diffIds().size()) {
      throw new PullException(
          "image "
              + request.image()
              + ": its manifest has "
              + manifest.layers().size()
              + " layers and its config "
              + config.diffIds().size()
              + " diff_ids; it has to be built again");
    }
  }
}
