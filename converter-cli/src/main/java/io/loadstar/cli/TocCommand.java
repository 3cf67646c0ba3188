package io.loadstar.cli;

import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Prints a TOC. What it does stands in {@link TocRun}. */
@Command(
    name = "toc",
    description = "Print the table of contents of a layer, to the byte.",
    sortOptions = false,
    footer = {
      "",
      "Exit status: 0 done, 1 failed, 2 misuse, 130 interrupted.",
      "",
      "Examples:",
      "  loadstar toc --layer 0 registry.example.org/team/app:1.2-lazy",
      "  loadstar toc --layer 3f1a oci:./build:app | sha256sum"
    })
final class TocCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;

  @Option(
      names = "--layer",
      paramLabel = "N|DIGEST",
      description = "Which layer, from 0 (the lowest) on, or how its digest begins.")
  private @Nullable String layer;

  @Mixin private ImageArgument image;

  @Override
  public Integer call() throws Exception {
    TocRun run;
    try {
      run = new TocRun(new LookInside(image), layer);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    loadstar.output().exactly(run.run());
    return 0;
  }
}
