package io.loadstar.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Verifies an image. What it does stands in {@link VerifyRun}. */
@Command(
    name = "verify",
    description = "Derive anew all that an image claims: digests, streams, TOCs, chunks.",
    sortOptions = false,
    footer = {
      "",
      "Every layer is read whole, twice. What isn't true is told with the first wrong byte.",
      "Exit status: 0 all is true, 1 something isn't, or failed, 2 misuse, 130 interrupted.",
      "",
      "Examples:",
      "  loadstar verify registry.example.org/team/app:1.2-lazy",
      "  loadstar verify --json oci:./build:app"
    })
final class VerifyCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;
  @Mixin private ImageArgument image;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws Exception {
    VerifyRun run;
    try {
      run = new VerifyRun(new LookInside(image));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    VerifyRun.Document document = run.run(loadstar.output().progress());
    if (json.requested()) {
      loadstar.output().json(document);
    } else {
      loadstar.output().text(document.text());
    }
    return document.verified() ? 0 : 1;
  }
}
