package io.loadstar.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;

/** {@code --json}, mixed into each command that has a result. */
public final class JsonOption {

  private static final String NAME = "--json";
  private static final String TEXT = "Print the result as a JSON document.";

  @Option(names = NAME, description = TEXT)
  private boolean requested;

  /** The same without annotations. */
  void addTo(CommandSpec spec) {
    spec.addOption(
        Described.option(boolean.class, NAME)
            .setter(Described.flag(value -> requested = value))
            .description(TEXT)
            .build());
  }

  /** True if the result is wanted as JSON. */
  public boolean requested() {
    return requested;
  }
}
