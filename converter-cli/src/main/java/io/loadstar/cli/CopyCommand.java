package io.loadstar.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Brings an image elsewhere. What it does stands in {@link CopyRun}. */
@Command(
    name = "copy",
    description = "Copy an image to another place, unchanged.",
    sortOptions = false,
    footer = {
      "",
      "SRC is one of: [HOST/]REPOSITORY[:TAG][@DIGEST]  oci:DIR[:TAG]  oci-archive:FILE[:TAG]",
      "  docker-archive:FILE[:REF]  containerd:REF. DST too, but no docker-archive.",
      "Exit status: 0 done, 1 failed, 2 misuse, 130 interrupted.",
      "",
      "Examples:",
      "  loadstar copy alpine:3.20 oci:./alpine:3.20",
      "  loadstar copy oci:./alpine:3.20 localhost:5000/alpine:3.20",
      "  loadstar copy --platform linux/arm64 alpine:3.20 oci-archive:alpine.tar:3.20",
      "  loadstar copy docker-archive:saved.tar containerd:docker.io/team/app:1.2"
    })
final class CopyCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "SRC", description = "The image.")
  private String source = "";

  @Parameters(index = "1", paramLabel = "DST", description = "Where it goes.")
  private String destination = "";

  @Mixin private PlatformOptions platforms;
  @Mixin private RegistryOptions registry;
  @Mixin private ContainerdOptions containerd;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws Exception {
    CopyRun run;
    OpenPlaces.Options reached;
    try {
      reached = new OpenPlaces.Options(registry, containerd);
      run = new CopyRun(source, destination, platforms);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    CopyRun.Document done = run.run(reached, loadstar.output().progress());
    if (json.requested()) {
      loadstar.output().json(done);
    } else {
      loadstar.output().text(done.summary());
    }
    return 0;
  }
}
