package io.loadstar.cli;

import picocli.CommandLine.Option;

/** {@code --json}, mixed into each command that has a result. */
public final class JsonOption {

  @Option(names = "--json", description = "Print the result as a JSON document.")
  private boolean requested;

  /** True if the result is wanted as JSON. */
  public boolean requested() {
    return requested;
  }
}
