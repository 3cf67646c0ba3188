package io.loadstar.registry.kubernetes;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/**
 * Where it stands how a cluster is reached: a kubeconfig, or a pod's service account. Immutable. It
 * is read anew for each connection, since certificates and tokens are replaced while we run.
 *
 * @param kubeconfig the file; empty for a pod's service account
 * @param environment the process's
 */
public record ClusterAccess(Optional<Path> kubeconfig, Map<String, String> environment) {

  private static final Path SERVICE_ACCOUNT =
      Path.of("/var/run/secrets/kubernetes.io/serviceaccount");

  public ClusterAccess {
    environment = Map.copyOf(environment);
  }

  /**
   * As Kubernetes' own clients look for it: the file that is named, else {@code $KUBECONFIG}, else
   * {@code ~/.kube/config}; a pod's service account if none of them is there.
   *
   * @param named the file that is named, if one is
   * @param environment the process's
   * @param home the user's
   */
  public static ClusterAccess find(
      Optional<Path> named, Map<String, String> environment, Path home) {
    if (named.isPresent()) {
      return new ClusterAccess(named, environment);
    }
    String variable = environment.getOrDefault("KUBECONFIG", "").split(":", 2)[0];
    Path file = variable.isEmpty() ? home.resolve(".kube/config") : Path.of(variable);
    boolean pod = !Files.exists(file) && environment.containsKey("KUBERNETES_SERVICE_HOST");
    return new ClusterAccess(pod ? Optional.empty() : Optional.of(file), environment);
  }

  /**
   * Reads it.
   *
   * @throws IOException if it can't be followed, with the reason, and with no secret
   */
  ApiServer read() throws IOException {
    return kubeconfig.isPresent()
        ? KubeConfig.read(kubeconfig.get()).server()
        : PodAccount.read(SERVICE_ACCOUNT, environment);
  }

  /** Without the environment, where secrets may be. */
  @Override
  public String toString() {
    return kubeconfig.map(Path::toString).orElse("the pod's service account");
  }
}
