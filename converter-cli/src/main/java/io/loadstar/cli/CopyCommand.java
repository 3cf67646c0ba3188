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
      "SRC and DST are registry references or OCI layouts: oci:DIR or oci:DIR:TAG.",
      "An index is copied with all its images.",
      "",
      "Examples:",
      "  loadstar copy alpine:3.20 oci:./alpine:3.20",
      "  loadstar copy oci:./alpine:3.20 localhost:5000/alpine:3.20"
    })
final class CopyCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "SRC", description = "The image.")
  private String source = "";

  @Parameters(index = "1", paramLabel = "DST", description = "Where it goes.")
  private String destination = "";

  @Mixin private RegistryOptions registry;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws Exception {
    CopyRun run;
    try {
      run = new CopyRun(source, destination);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    CopyRun.Document done = run.run(registry, loadstar.output().progress());
    if (json.requested()) {
      loadstar.output().json(done);
    } else {
      loadstar.output().text(done.summary());
    }
    return 0;
  }
}
