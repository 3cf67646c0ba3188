package io.loadstar.cli;

import io.loadstar.optimize.ContainerMount;
import io.loadstar.optimize.WorkloadChoices;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How a workload is run, where that isn't as the image says. */
public final class WorkloadOptions {

  @Option(
      names = "--entrypoint",
      paramLabel = "PROGRAM",
      description = "Run this in the place of the image's entrypoint; empty for none.")
  private @Nullable String entrypoint;

  @Option(
      names = {"-e", "--env"},
      paramLabel = "NAME=VALUE",
      description = "Set in the workload's environment; may be repeated.")
  private List<String> environment = List.of();

  @Option(
      names = "--run-as",
      paramLabel = "USER[:GROUP]",
      description = "Run as this user of the image, by name or number.")
  private @Nullable String user;

  @Option(names = "--cwd", paramLabel = "DIR", description = "Run in this directory of the image.")
  private @Nullable String directory;

  @Option(
      names = "--mount",
      paramLabel = "MOUNT",
      description =
          "Mount something beside the image: type=bind,src=/here,dst=/there,options=rbind:ro;"
              + " may be repeated.")
  private List<String> mounts = List.of();

  @Option(
      names = "--net-host",
      description = "Let the workload use this machine's network; it has only its own loopback.")
  private boolean hostNetwork;

  /**
   * What was chosen.
   *
   * @throws IllegalArgumentException if any of it makes no sense
   */
  WorkloadChoices choices(List<String> command) {
    for (String variable : environment) {
      if (variable.indexOf('=') < 1) {
        throw new IllegalArgumentException("--env " + variable + " isn't of the form NAME=VALUE");
      }
    }
    if (directory != null && !directory.startsWith("/")) {
      throw new IllegalArgumentException("--cwd " + directory + " isn't an absolute path");
    }
    return new WorkloadChoices(
        command,
        Optional.ofNullable(entrypoint).map(each -> each.isEmpty() ? List.of() : List.of(each)),
        environment,
        user,
        directory,
        mounts.stream().map(ContainerMount::parse).toList(),
        hostNetwork ? WorkloadChoices.Network.HOST : WorkloadChoices.Network.LOOPBACK);
  }
}
