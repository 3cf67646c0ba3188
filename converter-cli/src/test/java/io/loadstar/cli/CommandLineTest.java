package io.loadstar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What the frame promises for every command. */
class CommandLineTest {

  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Loadstar.run(new PrintWriter(out), new PrintWriter(err), args);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "convert",
        "optimize",
        "copy",
        "pull",
        "why",
        "inspect",
        "verify",
        "toc",
        "diff",
        "completion"
      })
  void everyCommandHasHelpWithExamples(String command) {
    assertEquals(0, run(command, "--help"));
    out.toString().lines().forEach(line -> assertTrue(line.length() <= 100, line));
    assertTrue(out.toString().startsWith("Usage: loadstar " + command + " "), out::toString);
    assertTrue(Commands.ALL.containsKey(command), command);
    assertTrue(out.toString().contains("Examples:"), out::toString);
    assertEquals("", err.toString());
  }

  /** Only the command that the first word names is made; who begins with an option has them all. */
  @Test
  void anOptionBeforeTheCommandChangesNothing() {
    assertEquals(0, run("pull", "--help"));
    String usual = out.toString();
    assertEquals(0, run("--quiet", "pull", "--help"));
    assertEquals(usual + usual, out.toString());
  }

  @Test
  void helpListsTheCommands() {
    assertEquals(0, run("--help"));
    for (String name : Commands.ALL.keySet()) {
      assertTrue(out.toString().contains("\n  " + name + " "), out::toString);
    }
    assertTrue(out.toString().contains("Examples:"), out::toString);
  }

  @Test
  void versionIsOneLine() {
    assertEquals(0, run("--version"));
    assertEquals(1, out.toString().lines().count());
  }

  @Test
  void noCommandIsMisuse() {
    assertEquals(2, run());
    assertEquals(
        "loadstar: no command given; see 'loadstar --help'" + System.lineSeparator(),
        err.toString());
  }

  @Test
  void aMisspeltCommandIsToldWhatWasMeant() {
    assertEquals(2, run("convrt", "a", "b"));
    assertEquals(
        "loadstar: nothing is known of 'convrt' (did you mean 'convert'?); see 'loadstar --help'"
            + System.lineSeparator(),
        err.toString());
  }

  @Test
  void anUnknownOptionIsMisuseInOneLine() {
    assertEquals(2, run("completion", "bash", "--frob"));
    assertEquals(
        "loadstar: unknown option '--frob'; see 'loadstar completion --help'"
            + System.lineSeparator(),
        err.toString());
  }

  @Test
  void anUnknownShellIsMisuse() {
    assertEquals(2, run("completion", "tcsh"));
    assertEquals(1, err.toString().lines().count());
  }

  @ParameterizedTest
  @ValueSource(strings = {"bash", "zsh"})
  void completionPrintsAScriptThatNamesTheCommands(String shell) {
    assertEquals(0, run("completion", shell));
    assertTrue(out.toString().contains("complete"), out::toString);
    assertTrue(out.toString().contains("completion"), out::toString);
  }
}
