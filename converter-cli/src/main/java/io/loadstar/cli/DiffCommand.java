package io.loadstar.cli;

import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Compares two images. What it does stands in {@link DiffRun}. */
@Command(
    name = "diff",
    description = "Compare the files of two images: added, removed, changed.",
    sortOptions = false,
    footer = {
      "",
      "Compared are content, link target, device, mode, owner, time and xattrs. Of lazily readable",
      "layers only the end is read; ordinary ones are read whole. What only the format needs (TOC,",
      "landmarks) isn't a file: a converted image doesn't differ from its original.",
      "Exit status: 0 done, 1 failed (with --exit-code also: they differ), 2 misuse, 130 interrupted.",
      "",
      "Examples:",
      "  loadstar diff registry.example.org/team/app:1.2 registry.example.org/team/app:1.3",
      "  loadstar diff --exit-code oci:./build:app registry.example.org/team/app:lazy"
    })
final class DiffCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;
  @Mixin private ImageArgument image;

  @Parameters(index = "1", paramLabel = "OTHER", description = "The image it is compared with.")
  private String other = "";

  @Option(names = "--exit-code", description = "Exit with 1 if they differ.")
  private boolean exitCode;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws Exception {
    DiffRun run;
    try {
      run = new DiffRun(new LookInside(image), new LookInside(other, image));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    DiffRun.Document document = run.run();
    if (json.requested()) {
      loadstar.output().json(document);
    } else {
      loadstar.output().text(document.text());
    }
    return exitCode && !document.differences().isEmpty() ? 1 : 0;
  }
}
