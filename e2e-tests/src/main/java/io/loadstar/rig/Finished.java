package io.loadstar.rig;

import java.util.List;

/**
 * How a program has ended.
 *
 * @param words the command line
 * @param status the exit status
 * @param out what it wrote to standard output
 * @param err what it wrote to standard error
 */
public record Finished(List<String> words, int status, String out, String err) {

  public Finished {
    words = List.copyOf(words);
  }

  /**
   * This, if the status is 0.
   *
   * @throws ProgramFailedException otherwise
   */
  public Finished succeeded() throws ProgramFailedException {
    if (status != 0) {
      throw new ProgramFailedException(this);
    }
    return this;
  }

  /** The lines of standard output. */
  public List<String> lines() {
    return out.lines().toList();
  }
}
