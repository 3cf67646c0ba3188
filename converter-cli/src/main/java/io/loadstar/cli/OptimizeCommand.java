package io.loadstar.cli;

import io.loadstar.oci.Platform;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Lays an image out in the order of its use. What it does stands in {@link OptimizeRun}. */
@Command(
    name = "optimize",
    description =
        "Run an image, see which files it reads, and rewrite it with those first, in that order.",
    sortOptions = false,
    footer = {
      "",
      "COMMAND takes the place of the image's Cmd, as with docker run. It runs in this",
      "machine's containerd, in a namespace of its own, over layers that this process",
      "mounts lazily; nothing of it stays. It is watched until it ends, a line appears,",
      "the time is over, or SIGINT or SIGTERM comes, which ends the watching only.",
      "SRC is one of: [HOST/]REPOSITORY[:TAG][@DIGEST]  oci:DIR[:TAG]",
      "  oci-archive:FILE[:TAG]  docker-archive:FILE[:REF]  containerd:REF.",
      "  DST too, but no docker-archive.",
      "Exit status: 0 done, 1 failed (also if the workload fails), 2 misuse,",
      "  130 interrupted.",
      "",
      "Examples:",
      "  loadstar optimize registry.example.org/app:1.2 registry.example.org/app:lazy",
      "  loadstar optimize python:3.12 localhost:5000/python:lazy \\",
      "    -- python3 -c 'import json, ssl'",
      "  loadstar optimize --until-line 'ready for connections' \\",
      "    --env MYSQL_ROOT_PASSWORD=x mysql:8 localhost:5000/mysql:lazy",
      "  loadstar optimize --period 30 --record-out app.json oci:./app:1 oci:./app:lazy",
      "  loadstar optimize --record-in app.json oci:./app:2 oci:./app:2-lazy"
    })
final class OptimizeCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "SRC", description = "The image.")
  private String source = "";

  @Parameters(index = "1", paramLabel = "DST", description = "Where the rewritten image goes.")
  private String destination = "";

  @Parameters(
      index = "2..*",
      arity = "0..*",
      paramLabel = "COMMAND",
      description = "What runs, behind --; what the image says unless given.")
  private List<String> command = List.of();

  @Mixin private RecordingOptions recording;
  @Mixin private WorkloadOptions workload;

  @Option(
      names = "--record-out",
      paramLabel = "FILE",
      description = "Keep which files were read: JSON, a line for each.")
  private @Nullable String recordOut;

  @Option(
      names = "--record-in",
      paramLabel = "FILE",
      description = "Run nothing, and take the order from a file as --record-out writes it.")
  private @Nullable String recordIn;

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      description = "Which of an index's images, this machine's unless said; only this is written.")
  private @Nullable String platform;

  @Mixin private LayerOptions layers;
  @Mixin private RegistryOptions registry;
  @Mixin private ContainerdOptions containerd;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws Exception {
    OptimizeRun run;
    OpenPlaces.Options reached;
    try {
      reached = new OpenPlaces.Options(registry, containerd);
      run = new OptimizeRun(source, destination, layers(), watching());
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    OptimizeText text =
        run.run(reached, Path.of(containerd.address()), loadstar.output().progress());
    if (json.requested()) {
      loadstar.output().json(text.document());
    } else {
      loadstar.output().text(text.summary());
    }
    return 0;
  }

  private OptimizeRun.Layers layers() {
    return new OptimizeRun.Layers(
        layers.build(), platform == null ? null : Platform.parse(platform));
  }

  private OptimizeRun.Watching watching() {
    if (recordIn != null && !command.isEmpty()) {
      throw new IllegalArgumentException("--record-in runs nothing, so there is no COMMAND");
    }
    return new OptimizeRun.Watching(
        workload.choices(command),
        recording.limits(new CountDownLatch(1)),
        recording.anyStatus(),
        recordIn == null ? null : Path.of(recordIn),
        recordOut == null ? null : Path.of(recordOut));
  }
}
