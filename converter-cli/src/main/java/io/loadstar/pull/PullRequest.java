package io.loadstar.pull;

import io.loadstar.oci.ImageReference;
import io.loadstar.oci.Platform;
import java.util.Optional;
import java.util.Set;

/**
 * What is to be pulled. Immutable.
 *
 * @param image its reference
 * @param platform which of an index's images; this machine's if empty
 * @param snapshotter who gets the layers, as containerd's configuration calls it
 * @param promise what is asked of layers that nothing is promised of
 */
public record PullRequest(
    ImageReference image, Optional<Platform> platform, String snapshotter, Promise promise) {

  /** What is asked of a layer's TOC before it is mounted lazily. */
  public enum Promise {
    /** The manifest must promise its digest. */
    REQUIRED,
    /** It needn't, if the snapshotter's configuration says so as well. */
    NOT_REQUIRED
  }

  /** One that asks for what is usual: a promise. */
  public PullRequest(ImageReference image, Optional<Platform> platform, String snapshotter) {
    this(image, platform, snapshotter, Promise.REQUIRED);
  }

  private static final Set<String> ORDINARY_SNAPSHOTTERS =
      Set.of("overlayfs", "native", "btrfs", "zfs", "devmapper", "blockfile", "erofs");

  /** The platform that is wanted. */
  public Platform wanted() {
    return platform.orElseGet(Platform::current);
  }

  /** Whether the snapshotter is one of containerd's own, none of which mounts anything lazily. */
  public boolean ordinarySnapshotter() {
    return isOrdinary(snapshotter);
  }

  static boolean isOrdinary(String snapshotter) {
    return ORDINARY_SNAPSHOTTERS.contains(snapshotter);
  }
}
