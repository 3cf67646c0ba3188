package io.loadstar.lazy;

import java.util.List;

/**
 * What an image's containers run unless they are told otherwise. Immutable.
 *
 * @param entrypoint words of a command; may be empty
 * @param command more words, or the command itself
 * @param directories where programs are looked for, absolute
 */
public record ProgramStart(
    List<String> entrypoint, List<String> command, List<String> directories) {

  public ProgramStart {
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    directories = List.copyOf(directories);
  }
}
