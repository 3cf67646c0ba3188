package io.loadstar.cli;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import picocli.CommandLine;

/**
 * The commands by their names. Stateless.
 *
 * <p>To read what a class says of its options takes the parser longer, in a JVM that has only
 * begun, than most commands take: so where the first word is a command, only that one is read.
 */
final class Commands {

  private static final String COMPLETION = "completion";

  /** In the order of the help: what describes each to the parser, a class or a description. */
  static final Map<String, Function<Loadstar, Object>> ALL = all();

  private Commands() {}

  private static Map<String, Function<Loadstar, Object>> all() {
    Map<String, Function<Loadstar, Object>> all = new LinkedHashMap<>();
    all.put("convert", _ -> ConvertCommand.class);
    all.put("optimize", _ -> OptimizeCommand.class);
    all.put("copy", _ -> CopyCommand.class);
    all.put("pull", loadstar -> new PullCommand(loadstar).spec());
    all.put("why", _ -> WhyCommand.class);
    all.put("inspect", _ -> InspectCommand.class);
    all.put("verify", _ -> VerifyCommand.class);
    all.put("toc", _ -> TocCommand.class);
    all.put("diff", _ -> DiffCommand.class);
    all.put(COMPLETION, _ -> CompletionCommand.class);
    return Collections.unmodifiableMap(all);
  }

  /**
   * Adds those that a command line can mean.
   *
   * @param words of the command line
   */
  static void add(CommandLine line, Loadstar loadstar, String... words) {
    Function<Loadstar, Object> only = words.length == 0 ? null : ALL.get(words[0]);
    if (only == null || words[0].equals(COMPLETION)) { // which speaks of all the others
      ALL.forEach((name, command) -> line.addSubcommand(name, command.apply(loadstar)));
    } else {
      line.addSubcommand(words[0], only.apply(loadstar));
    }
  }
}
