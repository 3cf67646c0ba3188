package io.loadstar.cli;

import java.util.List;
import picocli.CommandLine.Option;

/** Which of an index's images, mixed into each command that takes one. */
public final class PlatformOptions {

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      split = ",",
      description = "Which of an index's images, may be repeated; all that are there unless said.")
  private List<String> platforms = List.of();

  @Option(
      names = "--all-platforms",
      description = "All of an index's images; one that isn't there is an error.")
  private boolean all;

  List<String> platforms() {
    return platforms;
  }

  boolean all() {
    return all;
  }
}
