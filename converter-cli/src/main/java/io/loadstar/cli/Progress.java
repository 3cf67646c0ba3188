package io.loadstar.cli;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;

/**
 * What a command tells while it works, on standard error. Thread-safe.
 *
 * <p>On a terminal the last line is a bar that is drawn over; elsewhere there is one plain line for
 * each step and nothing else; quiet, there is nothing at all.
 */
public final class Progress {

  /** How progress is shown. */
  public enum Style {
    /** Not at all. */
    SILENT,
    /** A line for each step. */
    LINES,
    /** A line for each step, and a bar that moves. */
    TERMINAL
  }

  private static final long REDRAW_NANOS = 100_000_000;
  private static final int BAR_CELLS = 24;
  private static final String ERASE_LINE = "\r\u001b[2K";

  private final PrintWriter out;
  private final Style style;
  private final List<Bar> bars = new ArrayList<>();
  private final TransferMeter meter = new TransferMeter(System::nanoTime);
  private long drawnAt;
  private boolean drawn;

  Progress(PrintWriter out, Style style) {
    this.out = out;
    this.style = style;
  }

  /** All transfers together; shown in the place of single bars once anything is planned. */
  TransferMeter meter() {
    return meter;
  }

  /** Says that a step is done, or begins: one line. */
  public synchronized void step(String line) {
    if (style == Style.SILENT) {
      return;
    }
    erase();
    out.println(line);
    out.flush();
    draw();
  }

  /**
   * A count of bytes that grows, shown on terminals only until it is closed.
   *
   * @param label what the bytes are
   * @param total how many there will be, or a negative number if nobody knows
   */
  public synchronized Bar bar(String label, long total) {
    Bar bar = new Bar(label, total);
    bars.add(bar);
    draw();
    return bar;
  }

  private synchronized void remove(Bar bar) {
    bars.remove(bar);
    erase();
    draw();
  }

  private synchronized void redraw() {
    if (System.nanoTime() - drawnAt >= REDRAW_NANOS) {
      erase();
      draw();
    }
  }

  private void erase() {
    if (drawn) {
      out.print(ERASE_LINE);
      out.flush();
      drawn = false;
    }
  }

  private void draw() {
    if (style != Style.TERMINAL || bars.isEmpty()) {
      return;
    }
    if (meter.isKnown()) {
      show(meter.fraction(), meter.text());
      return;
    }
    long done = 0;
    long total = 0;
    for (Bar bar : bars) {
      done += bar.done.get();
      total += Math.max(bar.total, bar.done.get());
    }
    String more = bars.size() == 1 ? "" : " and " + (bars.size() - 1) + " more";
    show(
        total == 0 ? 0 : (double) done / total,
        bars.getFirst().label
            + more
            + "  "
            + ByteCount.text(done)
            + " of "
            + ByteCount.text(total));
  }

  private void show(double fraction, String text) {
    int cells = (int) (BAR_CELLS * fraction);
    out.print("[" + "=".repeat(cells) + " ".repeat(BAR_CELLS - cells) + "] " + text);
    out.flush();
    drawn = true;
    drawnAt = System.nanoTime();
  }

  /** One count of bytes. Thread-safe. */
  public final class Bar implements AutoCloseable {

    private final String label;
    private final long total;
    private final AtomicLong done = new AtomicLong();

    private Bar(String label, long total) {
      this.label = label;
      this.total = total;
    }

    /** Counts {@code bytes} more. */
    public void advance(long bytes) {
      done.addAndGet(bytes);
      if (style == Style.TERMINAL) {
        redraw();
      }
    }

    /** Takes it from the screen. */
    @Override
    public void close() {
      remove(this);
    }
  }
}
