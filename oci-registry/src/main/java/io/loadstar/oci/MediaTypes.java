package io.loadstar.oci;

import java.util.Map;
import java.util.Set;

/**
 * The media types of images, OCI's and Docker's (schema 2). Sources: OCI image-spec media-types.md;
 * distribution's manifest v2 schema 2.
 */
public final class MediaTypes {

  public static final String OCI_INDEX = "application/vnd.oci.image.index.v1+json";
  public static final String OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json";
  public static final String OCI_CONFIG = "application/vnd.oci.image.config.v1+json";
  public static final String OCI_LAYER = "application/vnd.oci.image.layer.v1.tar";
  public static final String OCI_LAYER_GZIP = "application/vnd.oci.image.layer.v1.tar+gzip";
  public static final String OCI_LAYER_ZSTD = "application/vnd.oci.image.layer.v1.tar+zstd";

  public static final String DOCKER_INDEX =
      "application/vnd.docker.distribution.manifest.list.v2+json";
  public static final String DOCKER_MANIFEST =
      "application/vnd.docker.distribution.manifest.v2+json";
  public static final String DOCKER_CONFIG = "application/vnd.docker.container.image.v1+json";
  public static final String DOCKER_LAYER = "application/vnd.docker.image.rootfs.diff.tar";
  public static final String DOCKER_LAYER_GZIP =
      "application/vnd.docker.image.rootfs.diff.tar.gzip";
  public static final String DOCKER_LAYER_ZSTD =
      "application/vnd.docker.image.rootfs.diff.tar.zstd";

  private static final String OCI_FOREIGN =
      "application/vnd.oci.image.layer.nondistributable.v1.tar";
  private static final String DOCKER_FOREIGN =
      "application/vnd.docker.image.rootfs.foreign.diff.tar";

  private static final Map<String, String> OCI_FOR_DOCKER =
      Map.ofEntries(
          Map.entry(DOCKER_INDEX, OCI_INDEX),
          Map.entry(DOCKER_MANIFEST, OCI_MANIFEST),
          Map.entry(DOCKER_CONFIG, OCI_CONFIG),
          Map.entry(DOCKER_LAYER, OCI_LAYER),
          Map.entry(DOCKER_LAYER_GZIP, OCI_LAYER_GZIP),
          Map.entry(DOCKER_LAYER_ZSTD, OCI_LAYER_ZSTD),
          Map.entry(DOCKER_FOREIGN, OCI_FOREIGN),
          Map.entry(DOCKER_FOREIGN + ".gzip", OCI_FOREIGN + "+gzip"),
          Map.entry(DOCKER_FOREIGN + ".zstd", OCI_FOREIGN + "+zstd"));

  private static final Set<String> LAYERS =
      Set.of(
          OCI_LAYER,
          OCI_LAYER_GZIP,
          OCI_LAYER_ZSTD,
          DOCKER_LAYER,
          DOCKER_LAYER_GZIP,
          DOCKER_LAYER_ZSTD,
          OCI_FOREIGN,
          OCI_FOREIGN + "+gzip",
          OCI_FOREIGN + "+zstd",
          DOCKER_FOREIGN,
          DOCKER_FOREIGN + ".gzip",
          DOCKER_FOREIGN + ".zstd");

  private MediaTypes() {}

  /** Whether this is an index (or Docker's manifest list). */
  public static boolean isIndex(String mediaType) {
    return mediaType.equals(OCI_INDEX) || mediaType.equals(DOCKER_INDEX);
  }

  /** Whether this is a manifest of one image or artifact. */
  public static boolean isManifest(String mediaType) {
    return mediaType.equals(OCI_MANIFEST) || mediaType.equals(DOCKER_MANIFEST);
  }

  /** Whether this is the config of a container image, so that the manifest's layers are a root. */
  public static boolean isImageConfig(String mediaType) {
    return mediaType.equals(OCI_CONFIG) || mediaType.equals(DOCKER_CONFIG);
  }

  /** Whether this is a layer of a container image, in any compression. */
  public static boolean isLayer(String mediaType) {
    return LAYERS.contains(mediaType);
  }

  /** Whether this is a layer that must not be passed on: it is had from its own place only. */
  public static boolean isForeignLayer(String mediaType) {
    return toOci(mediaType).startsWith(OCI_FOREIGN);
  }

  /** The OCI name of a Docker type; any other type as it is. */
  public static String toOci(String mediaType) {
    return OCI_FOR_DOCKER.getOrDefault(mediaType, mediaType);
  }
}
