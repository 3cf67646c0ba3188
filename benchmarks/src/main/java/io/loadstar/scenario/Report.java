package io.loadstar.scenario;

import io.loadstar.rig.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;

/**
 * Lines in Markdown that a scenario prints as they come, and puts into {@value #PAGE} in the end if
 * it was asked to: between two comments that name it. Not thread-safe.
 */
final class Report {

  private static final String PAGE = "docs/lazy-reading.md";

  private final String name;
  private final boolean document;
  private final StringBuilder text = new StringBuilder();

  /**
   * @param name which part of the page it is
   */
  Report(String name, Arguments arguments) {
    this.name = name;
    this.document = arguments.document();
  }

  /** One line. */
  void line(String line) {
    System.out.println(line);
    text.append(line).append('\n');
  }

  /** What is said of a run that isn't part of the result. */
  void aside(String said) {
    System.out.println("<!-- " + said + " -->");
  }

  /** When it was, and how busy the machine was when it began. */
  void head(String what) throws IOException {
    String load = Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    line(
        "%s `bin/benchmark --scenario %s`, %s; %d processors, load %s when it began."
            .formatted(
                what,
                name,
                LocalDate.now(ZoneOffset.UTC),
                Runtime.getRuntime().availableProcessors(),
                load));
    line("");
  }

  /** It is complete. */
  void publish() throws IOException {
    if (document) {
      Path page = Checkout.found().root().resolve(PAGE);
      Files.writeString(page, replaced(Files.readString(page)));
    }
  }

  private String replaced(String page) throws IOException {
    String begin = "<!-- " + name + " -->\n";
    String end = "<!-- end of " + name + " -->";
    int from = page.indexOf(begin);
    int to = page.indexOf(end);
    if (from < 0 || to < from) {
      throw new IOException(PAGE + " has no part " + begin.strip() + " ... " + end);
    }
    return page.substring(0, from + begin.length()) + text + page.substring(to);
  }
}
