package io.loadstar.convert;

import io.loadstar.oci.Platform;
import java.util.List;

/**
 * Which of an index's images are wanted. Immutable.
 *
 * @param platforms those for these; all of them if there are none
 * @param absent what happens with images that the index names and the source doesn't have
 */
public record PlatformChoice(List<Platform> platforms, Absent absent) {

  /** What happens with an image that isn't there. */
  public enum Absent {
    /** It is left out, with a notice. */
    LEAVE_OUT,
    /** It is an error. */
    REFUSE
  }

  public PlatformChoice {
    platforms = List.copyOf(platforms);
  }

  /** All that the source has. */
  public static PlatformChoice present() {
    return new PlatformChoice(List.of(), Absent.LEAVE_OUT);
  }

  /** All that the index names. */
  public static PlatformChoice all() {
    return new PlatformChoice(List.of(), Absent.REFUSE);
  }

  /** Those for {@code platforms}, each of which must be there. */
  public static PlatformChoice of(List<Platform> platforms) {
    return new PlatformChoice(platforms, Absent.REFUSE);
  }

  /** Whether an image for {@code platform} is wanted. */
  boolean wants(Platform platform) {
    return platforms.isEmpty() || platforms.stream().anyMatch(wanted -> wanted.matches(platform));
  }
}
