package io.loadstar.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.TimeoutException;

/**
 * containerd and what belongs to it: this machine's, or those of another version unpacked beside
 * them. runc is this machine's in either case. Immutable.
 *
 * @param directory where they are; empty for wherever the PATH has them
 * @param version containerd's own, such as {@code 2.1.9}
 */
public record ContainerdPrograms(Optional<Path> directory, String version) {

  /** This machine's. */
  public static ContainerdPrograms installed()
      throws IOException, InterruptedException, TimeoutException {
    // containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3
    List<String> words = List.of(Program.of("containerd", "--version").output().split(" ", -1));
    return new ContainerdPrograms(
        Optional.empty(), words.size() > 2 ? words.get(2).replaceFirst("^v", "") : "unknown");
  }

  /**
   * Those of a newer Debian, as {@code bin/lib/newer.sh} keeps them in a checkout.
   *
   * @param suite Debian's name for it
   * @return empty if that hasn't been fetched
   */
  public static Optional<ContainerdPrograms> ofDebian(String suite) throws IOException {
    Path place = Checkout.found().root().resolve("dist/newer").resolve(suite);
    Path version = place.resolve("version");
    return Files.exists(version)
        ? Optional.of(
            new ContainerdPrograms(
                Optional.of(place.resolve("usr/bin")), Files.readString(version).strip()))
        : Optional.empty();
  }

  /** How {@code name} is started. */
  public String program(String name) {
    return directory.map(place -> place.resolve(name).toString()).orElse(name);
  }

  /** What has to be set for containerd, which looks for its shim in the PATH. */
  Map<String, String> environment() {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "/usr/sbin:/usr/bin");
    return directory.map(place -> Map.of("PATH", place + ":" + path)).orElse(Map.of());
  }

  /** Whether it is a containerd 2, whose configuration and commands differ from 1's. */
  public boolean isTwo() {
    return version.startsWith("2.");
  }
}
