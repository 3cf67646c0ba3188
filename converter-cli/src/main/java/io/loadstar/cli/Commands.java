package io.loadstar.cli;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine;

/**
 * The commands by their names. Stateless.
 *
 * <p>To read what a class says of its options takes the parser longer, in a JVM that has only
 * begun, than most commands take: so where the first word is a command, only that one is read.
 */
final class Commands {

  /** In the order of the help. */
  static final Map<String, Class<?>> ALL = all();

  private Commands() {}

  private static Map<String, Class<?>> all() {
    Map<String, Class<?>> all = new LinkedHashMap<>();
    all.put("convert", ConvertCommand.class);
    all.put("optimize", OptimizeCommand.class);
    all.put("copy", CopyCommand.class);
    all.put("pull", PullCommand.class);
    all.put("why", WhyCommand.class);
    all.put("inspect", InspectCommand.class);
    all.put("verify", VerifyCommand.class);
    all.put("toc", TocCommand.class);
    all.put("diff", DiffCommand.class);
    all.put("completion", CompletionCommand.class);
    return Collections.unmodifiableMap(all);
  }

  /**
   * Adds those that a command line can mean.
   *
   * @param words of the command line
   */
  static void add(CommandLine line, String... words) {
    Class<?> only = words.length == 0 ? null : ALL.get(words[0]);
    if (only == null || only == CompletionCommand.class) { // which speaks of all the others
      ALL.forEach(line::addSubcommand);
    } else {
      line.addSubcommand(words[0], only);
    }
  }
}
