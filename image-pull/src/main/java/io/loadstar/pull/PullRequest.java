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
 * @param choices what else is wished
 */
public record PullRequest(
    ImageReference image, Optional<Platform> platform, String snapshotter, Choices choices) {

  /** What is asked of a layer's TOC before it is mounted lazily. */
  public enum Promise {
    /** The manifest must promise its digest. */
    REQUIRED,
    /** It needn't, if the snapshotter's configuration says so as well. */
    NOT_REQUIRED
  }

  /** Which layers' blobs go to the content store. */
  public enum Blobs {
    /** Those that have to be unpacked by containerd. */
    NEEDED,
    /** All, so that the image can be exported, pushed and saved. */
    ALL
  }

  /**
   * What can be had in more than one way.
   *
   * @param promise what is asked of layers that nothing is promised of
   * @param blobs which layers' blobs go to the content store
   */
  public record Choices(Promise promise, Blobs blobs) {
    /** A promise, and no blob that isn't needed. */
    public static final Choices USUAL = new Choices(Promise.REQUIRED, Blobs.NEEDED);
  }

  /** One that asks for what is usual. */
  public PullRequest(ImageReference image, Optional<Platform> platform, String snapshotter) {
    this(image, platform, snapshotter, Choices.USUAL);
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
