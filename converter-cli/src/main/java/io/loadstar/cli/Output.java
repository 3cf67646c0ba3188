package io.loadstar.cli;

import java.io.PrintWriter;

/**
 * Where a command speaks: results go to standard output, progress to standard error. Thread-safe.
 */
public final class Output {

  private final PrintWriter out;
  private final Progress progress;

  Output(PrintWriter out, Progress progress) {
    this.out = out;
    this.progress = progress;
  }

  /** Prints a line (or lines) of the result. */
  public void text(String line) {
    out.println(line);
    out.flush();
  }

  /** Prints {@code text} and not a byte more. */
  public void exactly(String text) {
    out.print(text);
    out.flush();
  }

  /** Prints the result as a JSON document. */
  public void json(Record result) {
    text(JsonDocument.of(result));
  }

  /** What is told while the work goes on. */
  public Progress progress() {
    return progress;
  }
}
