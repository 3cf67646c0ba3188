package io.loadstar.credentials;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * The files in which {@code docker login} and {@code podman login} leave what they know. Sources:
 * docker's config.json; containers-auth.json(5).
 */
public final class UserCredentials {

  private UserCredentials() {}

  /** Those of this process's user. */
  public static CredentialSource ofProcess() {
    return of(System.getenv(), Path.of(System.getProperty("user.home", "/")));
  }

  /**
   * In this order: {@code $DOCKER_CONFIG/config.json}, else {@code ~/.docker/config.json}; {@code
   * $REGISTRY_AUTH_FILE}, else podman's {@code $XDG_RUNTIME_DIR/containers/auth.json} and {@code
   * ~/.config/containers/auth.json}. None of them needs to exist.
   *
   * @param environment the user's; the programs that a file names for keeping credentials are
   *     looked for in its PATH, and run with it
   * @param home the user's
   */
  public static CredentialSource of(Map<String, String> environment, Path home) {
    Map<String, String> kept = Map.copyOf(environment);
    List<CredentialSource> files = new ArrayList<>();
    for (Path file : files(kept, home)) {
      files.add(new DockerConfigCredentials(file, kept));
    }
    return CredentialSource.firstOf(files);
  }

  /** The files that {@link #of} reads, in their order. */
  public static List<Path> files(Map<String, String> environment, Path home) {
    List<Path> files = new ArrayList<>();
    files.add(docker(environment, home).resolve("config.json"));
    String named = environment.getOrDefault("REGISTRY_AUTH_FILE", "");
    if (!named.isEmpty()) {
      files.add(Path.of(named));
      return files;
    }
    String run = environment.getOrDefault("XDG_RUNTIME_DIR", "");
    if (!run.isEmpty()) {
      files.add(podman(Path.of(run)));
    }
    String config = environment.getOrDefault("XDG_CONFIG_HOME", "");
    files.add(podman(config.isEmpty() ? home.resolve(".config") : Path.of(config)));
    return files;
  }

  private static Path docker(Map<String, String> environment, Path home) {
    String directory = environment.getOrDefault("DOCKER_CONFIG", "");
    return directory.isEmpty() ? home.resolve(".docker") : Path.of(directory);
  }

  private static Path podman(Path directory) {
    return directory.resolve("containers/auth.json");
  }
}
