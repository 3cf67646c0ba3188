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
 * them. runc is that version's as well, if it runs here. Immutable.
 *
 * @param directory below which they are, in {@code usr}; empty for wherever the PATH has them
 * @param version containerd's own, such as {@code 2.1.9}
 * @param runc runc's version, such as {@code 1.3.2}
 */
public record ContainerdPrograms(Optional<Path> directory, String version, String runc) {

  /** This machine's. */
  public static ContainerdPrograms installed()
      throws IOException, InterruptedException, TimeoutException {
    // containerd github.com/containerd/containerd 1.6.20~ds1 1.6.20~ds1-1+deb12u3
    // runc version 1.1.5+ds1
    return new ContainerdPrograms(
        Optional.empty(), versionOf("containerd").replaceFirst("^v", ""), versionOf("runc"));
  }

  /** The third word of what it says of itself. */
  private static String versionOf(String program)
      throws IOException, InterruptedException, TimeoutException {
    List<String> words = List.of(Program.of(program, "--version").output().split("\\s+", -1));
    return words.size() > 2 ? words.get(2) : "unknown";
  }

  /**
   * Those of a newer Debian, as {@code bin/lib/newer.sh} keeps them in a checkout.
   *
   * @param suite Debian's name for it
   * @return empty if that hasn't been fetched
   */
  public static Optional<ContainerdPrograms> ofDebian(String suite)
      throws IOException, InterruptedException, TimeoutException {
    Path place = Checkout.found().root().resolve("dist/newer").resolve(suite);
    Path version = place.resolve("version");
    if (Files.notExists(version)) {
      return Optional.empty();
    }
    Path runcVersion = place.resolve("runc-version");
    String runc = Files.exists(runcVersion) ? Files.readString(runcVersion).strip() : "";
    return Optional.of(
        new ContainerdPrograms(
            Optional.of(place),
            Files.readString(version).strip(),
            runc.isEmpty() ? versionOf("runc") : runc));
  }

  /** How containerd, or what comes with it, is started. */
  public String program(String name) {
    return directory.map(place -> place.resolve("usr/bin").resolve(name).toString()).orElse(name);
  }

  /**
   * What has to be set for containerd, which looks for its shim in the PATH, and the shim for runc.
   */
  Map<String, String> environment() {
    String path = Objects.requireNonNullElse(System.getenv("PATH"), "/usr/sbin:/usr/bin");
    return directory
        .map(place ->
            Map.of(
                "PATH",
                place.resolve("usr/bin") + ":" + place.resolve("runc/usr/sbin") + ":" + path))
        .orElse(Map.of());
  }

  /**
   * Whether runc maps the owners of mounts, which pods in user namespaces want of it: since 1.2.
   */
  public boolean mapsOwners() {
    List<String> parts = List.of(runc.split("\\D+", -1));
    return parts.size() > 1
        && !parts.get(0).isEmpty()
        && (Integer.parseInt(parts.get(0)) > 1 || Integer.parseInt(parts.get(1)) >= 2);
  }

  /** Whether it is a containerd 2, whose configuration and commands differ from 1's. */
  public boolean isTwo() {
    return version.startsWith("2.");
  }
}
