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

/** Shows what is in an image. What it does stands in {@link InspectRun}. */
@Command(
    name = "inspect",
    description = "Show an image's layers, what is prefetched, and what is big.",
    sortOptions = false,
    footer = {
      "",
      "Of lazily readable layers only the end is read; --tree reads ordinary ones whole.",
      "Exit status: 0 done, 1 failed, 2 misuse, 130 interrupted.",
      "",
      "Examples:",
      "  loadstar inspect registry.example.org/team/app:1.2-lazy",
      "  loadstar inspect --tree --depth 2 oci:./build:app",
      "  loadstar inspect --prioritized registry.example.org/team/app:1.2-lazy",
      "  loadstar inspect --html app.html registry.example.org/team/app:1.2-lazy",
      "  loadstar inspect --json containerd:docker.io/team/app:1.2"
    })
final class InspectCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;

  @Option(names = "--tree", description = "Show the directories and what is in them.")
  private boolean tree;

  @Option(
      names = "--depth",
      paramLabel = "LEVELS",
      defaultValue = "3",
      description = "How deep the tree is shown (${DEFAULT-VALUE}).")
  private int depth;

  @Option(
      names = "--prioritized",
      description = "List the files that are fetched at mount, in their order.")
  private boolean prioritized;

  @Option(
      names = "--html",
      paramLabel = "FILE",
      description = "Write a page with a map of each layer; it needs nothing but a browser.")
  private @Nullable String html;

  @Mixin private ImageArgument image;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws Exception {
    InspectRun run;
    try {
      run =
          new InspectRun(
              new LookInside(image),
              html,
              prioritized ? InspectText.Files.PRIORITIZED : InspectText.Files.NONE,
              tree ? depth : -1);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    InspectText text = run.run();
    if (json.requested()) {
      loadstar.output().json(text.document());
    } else {
      loadstar.output().text(text.text());
    }
    return 0;
  }
}
