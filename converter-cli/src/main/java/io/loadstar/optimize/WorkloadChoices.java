package io.loadstar.optimize;

import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How the workload is to run, where that differs from what the image says. Immutable.
 *
 * @param command takes the place of the image's Cmd, unless empty
 * @param entrypoint takes the place of the image's Entrypoint, and takes its Cmd away
 * @param environment {@code NAME=value}, added to the image's
 * @param user in the place of the image's
 * @param directory to run in, in the place of the image's
 * @param mounts beside the image
 * @param network what it can reach
 */
public record WorkloadChoices(
    List<String> command,
    Optional<List<String>> entrypoint,
    List<String> environment,
    @Nullable String user,
    @Nullable String directory,
    List<ContainerMount> mounts,
    Network network) {

  /** What a container can reach. */
  public enum Network {
    /** Itself. */
    LOOPBACK,
    /** What this machine can. */
    HOST
  }

  public WorkloadChoices {
    command = List.copyOf(command);
    environment = List.copyOf(environment);
    mounts = List.copyOf(mounts);
  }
}
