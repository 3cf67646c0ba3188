package io.loadstar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** What is shown where. */
class ProgressTest {

  private final StringWriter shown = new StringWriter();

  private void work(Progress.Style style) {
    Progress progress = new Progress(new PrintWriter(shown), style);
    progress.step("one");
    try (Progress.Bar bar = progress.bar("blob", 2048)) {
      bar.advance(1024);
      progress.step("two");
    }
  }

  @Test
  void linesAreAllThatIsShownOffATerminal() {
    work(Progress.Style.LINES);
    assertEquals(String.format("one%ntwo%n"), shown.toString());
  }

  @Test
  void nothingIsShownWhenQuiet() {
    work(Progress.Style.SILENT);
    assertEquals("", shown.toString());
  }

  @Test
  void aTerminalHasABarThatIsGoneInTheEnd() {
    work(Progress.Style.TERMINAL);
    String text = shown.toString();
    assertTrue(text.contains("1.0 KiB of 2.0 KiB"), text);
    assertTrue(text.endsWith("\r\u001b[2K"), text);
  }

  @Test
  void aBarOfUnknownLengthIsDrawnToo() {
    Progress progress = new Progress(new PrintWriter(shown), Progress.Style.TERMINAL);
    try (Progress.Bar bar = progress.bar("blob", -1)) {
      bar.advance(10);
      progress.step("x");
    }
    assertTrue(shown.toString().contains("10 B of 10 B"), shown.toString());
    assertFalse(shown.toString().contains("-1"), shown.toString());
  }

  @Test
  void bytesAreInWords() {
    assertEquals("0 B", ByteCount.text(0));
    assertEquals("1023 B", ByteCount.text(1023));
    assertEquals("1.0 KiB", ByteCount.text(1024));
    assertEquals("8.0 EiB", ByteCount.text(Long.MAX_VALUE));
  }
}
