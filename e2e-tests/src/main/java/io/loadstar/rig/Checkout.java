package io.loadstar.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * The checkout that is tested: its launchers, which run what {@code bin/build} has built.
 *
 * @param root where {@code bin/loadstar} is
 */
public record Checkout(Path root) {

  /** Names the root where the working directory isn't in the checkout. */
  public static final String ROOT_PROPERTY = "loadstar.checkout";

  /**
   * The one that the system property names, or the one around the working directory.
   *
   * @throws IOException if there is none
   */
  public static Checkout found() throws IOException {
    String named = System.getProperty(ROOT_PROPERTY);
    Path start = Path.of(named == null ? "" : named).toAbsolutePath();
    for (Path root = start; root != null; root = root.getParent()) {
      if (Files.isExecutable(root.resolve("bin/loadstar"))) {
        return new Checkout(root);
      }
    }
    throw new IOException("no bin/loadstar in or above " + start);
  }

  /** Whether {@code bin/build} has finished here. */
  public boolean isBuilt() {
    return Files.exists(root.resolve("dist/stamp"));
  }

  /** The command {@code loadstar} with these words. */
  public Program loadstar(String... words) {
    return Program.of(root.resolve("bin/loadstar").toString()).with(List.of(words));
  }

  /** The daemon {@code loadstar-snapshotter} with these words. */
  Program snapshotter(String... words) {
    return Program.of(root.resolve("bin/loadstar-snapshotter").toString()).with(List.of(words));
  }
}
