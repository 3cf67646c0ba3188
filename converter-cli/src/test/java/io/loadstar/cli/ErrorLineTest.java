package io.loadstar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.pull.ErrorLine;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.AccessDeniedException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Whatever goes wrong is one line that names the object, with the exit status that fits. */
class ErrorLineTest {

  @TempDir private Path directory;
  private final StringWriter out = new StringWriter();
  private final StringWriter err = new StringWriter();

  private int run(String... args) {
    return Loadstar.run(new PrintWriter(out), new PrintWriter(err), args);
  }

  @Test
  void aMissingContainerdIsOneLineWithTheRemedy() {
    Path socket = directory.resolve("c.sock");
    assertEquals(1, run("pull", "--address", socket.toString(), "example.org/a:b"));
    assertEquals(
        "loadstar: containerd isn't reachable at "
            + socket
            + ": no such file; is containerd running? (--address)"
            + System.lineSeparator(),
        err.toString());
    assertEquals("", out.toString());
  }

  @Test
  void debugAddsTheStackTrace() {
    Path socket = directory.resolve("c.sock");
    assertEquals(1, run("--debug", "pull", "--address", socket.toString(), "example.org/a:b"));
    assertTrue(err.toString().contains("\tat io.loadstar."), err::toString);
  }

  @ParameterizedTest
  @CsvSource({
    "pull",
    "pull ''",
    "pull UPPER",
    "pull a b",
    "pull -n a/b example.org/a:b",
    "pull --platform linux example.org/a:b",
    "pull --frob example.org/a:b"
  })
  void misuseIsOneLineAndTwo(String line) {
    assertEquals(2, run(line.replace("''", "").split(" ", -1)));
    assertEquals(1, err.toString().lines().count(), err::toString);
    assertTrue(err.toString().startsWith("loadstar: "), err::toString);
    assertTrue(err.toString().strip().endsWith("see 'loadstar pull --help'"), err::toString);
  }

  @Test
  void errorsOfThePlatformAreInWords() {
    assertEquals(
        "/a/b: no such file or directory; check the path",
        ErrorLine.of(new NoSuchFileException("/a/b")));
    assertEquals(
        "/a/b: permission denied; run as its owner or as root",
        ErrorLine.of(new AccessDeniedException("/a/b")));
    assertEquals("a b", ErrorLine.of(new IOException("a\n  b\n")));
    assertEquals("o: c; r", ErrorLine.of(new CommandException("o", "c", "r")));
    assertTrue(ErrorLine.of(new IllegalStateException("x")).contains("--debug"));
    assertTrue(ErrorLine.of(new IOException()).contains("--debug"));
  }
}
