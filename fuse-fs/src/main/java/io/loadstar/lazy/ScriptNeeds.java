package io.loadstar.lazy;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a script will run, as far as its words tell: its interpreter, and what stands where a shell
 * expects a command. A guess, since nobody parses it; a word that names no program costs nothing.
 * Immutable.
 *
 * @param interpreter a path, as the first line has it
 * @param programs names and paths, in their order, each once
 * @param directories what the script sets PATH to, where that is written out
 */
record ScriptNeeds(String interpreter, List<String> programs, List<String> directories) {

  private static final int MAX_PROGRAMS = 64;
  private static final Pattern ENDS = Pattern.compile("[|&;(){}`\n]|\\$\\(");
  private static final Pattern BLANKS = Pattern.compile("\\s+");
  private static final Pattern ASSIGNMENT = Pattern.compile("[A-Za-z_][A-Za-z_0-9]*=.*");
  private static final Pattern PROGRAM = Pattern.compile("[A-Za-z0-9_./+\\[-]{2,255}");

  /** Words behind which another command begins. */
  private static final Set<String> BEFORE =
      Set.of("if", "then", "else", "elif", "while", "until", "do", "!", "exec", "time", "export");

  /**
   * Reads what a script's beginning says.
   *
   * @return null if it is no script
   */
  static @Nullable ScriptNeeds of(String text) {
    if (!text.startsWith("#!")) {
      return null;
    }
    int end = text.indexOf('\n');
    String[] first = BLANKS.split(text.substring(2, end < 0 ? text.length() : end).trim(), -1);
    Set<String> programs = new LinkedHashSet<>();
    List<String> directories = new ArrayList<>();
    if (first.length > 1 && first[0].endsWith("/env")) {
      programs.add(first[1]);
    }
    if (isShell(first[0]) || (first.length > 1 && isShell(first[1]))) {
      for (String line : text.substring(Math.max(end, 0)).split("\n", -1)) {
        if (!line.stripLeading().startsWith("#")) {
          for (String command : ENDS.split(line, -1)) {
            addWord(command, programs, directories);
          }
        }
      }
    }
    return new ScriptNeeds(first[0], List.copyOf(programs), List.copyOf(directories));
  }

  /** Whether it is Python's text. */
  boolean isPython() {
    boolean isLookedFor = interpreter.endsWith("/env") && !programs.isEmpty();
    String reader = isLookedFor ? programs.getFirst() : interpreter;
    return reader.substring(reader.lastIndexOf('/') + 1).startsWith("python");
  }

  private static boolean isShell(String interpreter) {
    return interpreter.endsWith("sh");
  }

  private static void addWord(String command, Set<String> programs, List<String> directories) {
    for (String quoted : BLANKS.split(command.strip(), -1)) {
      String word = quoted.replace("\"", "").replace("'", "");
      if (word.startsWith("PATH=")) {
        for (String directory : word.substring("PATH=".length()).split(":", -1)) {
          if (directory.startsWith("/")) {
            directories.add(directory);
          }
        }
      }
      if (BEFORE.contains(word) || ASSIGNMENT.matcher(word).matches()) {
        continue;
      }
      if (PROGRAM.matcher(word).matches() && programs.size() < MAX_PROGRAMS) {
        programs.add(word);
      }
      return;
    }
  }
}
