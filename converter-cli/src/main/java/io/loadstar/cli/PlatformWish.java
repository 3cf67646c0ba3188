package io.loadstar.cli;

import io.loadstar.convert.PlatformChoice;
import io.loadstar.oci.Platform;

/** What {@code --platform} and {@code --all-platforms} say. Stateless. */
final class PlatformWish {

  private PlatformWish() {}

  /**
   * Reads it.
   *
   * @throws IllegalArgumentException if it makes no sense
   */
  static PlatformChoice of(PlatformOptions options) {
    if (options.all() && !options.platforms().isEmpty()) {
      throw new IllegalArgumentException("--all-platforms and --platform contradict each other");
    }
    if (options.all()) {
      return PlatformChoice.all();
    }
    return options.platforms().isEmpty()
        ? PlatformChoice.present()
        : PlatformChoice.of(options.platforms().stream().map(Platform::parse).toList());
  }
}
