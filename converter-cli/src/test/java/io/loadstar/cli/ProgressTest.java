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

  @Test
  void plannedTransfersShowLayersBytesRateAndTimeLeft() {
    long[] now = {0};
    TransferMeter meter = new TransferMeter(() -> now[0]);
    meter.plan("a", 4 << 20);
    meter.plan("b", 4 << 20);
    meter.plan("a", 4 << 20);
    assertEquals("0 of 2 layers  0 B of 8.0 MiB", meter.text());
    now[0] = 1_000_000_000;
    meter.advance("a", 2 << 20);
    meter.advance("not planned", 9 << 20);
    assertEquals("0 of 2 layers  2.0 MiB of 8.0 MiB  2.0 MiB/s  3 s left", meter.text());
    meter.finish("a");
    meter.finish("a");
    now[0] += 1_000_000_000;
    meter.advance("b", 2 << 20);
    assertEquals("1 of 2 layers  6.0 MiB of 8.0 MiB  2.0 MiB/s  1 s left", meter.text());
    meter.advance("b", 9 << 20);
    assertEquals(1.0, meter.fraction());
    assertTrue(meter.text().startsWith("1 of 2 layers  8.0 MiB of 8.0 MiB"), meter.text());
  }

  @Test
  void longTimesAreInMinutesAndHours() {
    long[] now = {0};
    TransferMeter meter = new TransferMeter(() -> now[0]);
    meter.plan("a", 200_000);
    now[0] = 1_000_000_000;
    meter.advance("a", 100);
    assertTrue(meter.text().endsWith("100 B/s  33 min 19 s left"), meter.text());
    meter.plan("b", 900_000);
    assertTrue(meter.text().endsWith("3 h 03 min left"), meter.text());
  }
}
