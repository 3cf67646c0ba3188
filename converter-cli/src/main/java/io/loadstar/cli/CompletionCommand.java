package io.loadstar.cli;

import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Prints the script that completes words of this command in a shell. */
@Command(
    name = "completion",
    description = "Print the script that lets a shell complete loadstar's words.",
    footer = {
      "",
      "Examples:",
      "  loadstar completion bash > /etc/bash_completion.d/loadstar",
      "  source <(loadstar completion zsh)"
    })
final class CompletionCommand implements Callable<Integer> {

  /** The shells that are known. */
  enum Shell {
    BASH(""),
    ZSH("autoload -U +X compinit && compinit; autoload -U +X bashcompinit && bashcompinit\n");

    /** What makes this shell read bash's kind of script. */
    private final String preparation;

    Shell(String preparation) {
      this.preparation = preparation;
    }

    @Override
    public String toString() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "SHELL", description = "One of: ${COMPLETION-CANDIDATES}.")
  private Shell shell;

  @Override
  public Integer call() {
    String script = AutoComplete.bash("loadstar", spec.root().commandLine());
    loadstar.output().text(shell.preparation + script);
    return 0;
  }
}
