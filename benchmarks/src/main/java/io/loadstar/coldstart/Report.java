package io.loadstar.coldstart;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Results as a page in Markdown. */
final class Report {

  static final String PLAIN = "plain";
  static final String PRIORITIZED = "prioritized";

  private static final int ROUND_TRIPS = 6;

  private final Results results;
  private final Map<String, BenchImage> images;
  private final List<Line> lines;

  /**
   * @param images by name
   */
  Report(Results results, Map<String, BenchImage> images, List<Line> lines) {
    this.results = results;
    this.images = images;
    this.lines = lines;
  }

  /** The tables, one for each workload and line, and one of what starts could have taken. */
  String text() {
    StringBuilder text = new StringBuilder();
    for (String workload : results.all(Sample::workload)) {
      for (Line line : lines) {
        if (tried(workload, line)) {
          table(text, workload, line);
        }
      }
    }
    for (Line line : lines) {
      if (tried(Workload.START.word(), line) && !results.onDisk().isEmpty()) {
        bounds(text, line);
      }
    }
    return text.toString();
  }

  private boolean tried(String workload, Line line) {
    return results.samples().stream()
        .anyMatch(each -> each.workload().equals(workload) && each.line().equals(line.toString()));
  }

  private void table(StringBuilder text, String workload, Line line) {
    text.append("## %s, %s%n%n".formatted(heading(workload), line));
    text.append(
        """
        | image | | pull ms | run ms | total ms | least to most | MB | requests | of overlayfs |
        |---|---|---:|---:|---:|---:|---:|---:|---:|
        """);
    for (String image : results.all(Sample::image)) {
      for (String contender : results.all(Sample::contender)) {
        List<Sample> some = results.of(workload, image, line.toString(), contender);
        if (!some.isEmpty()) {
          text.append(row(some, workload, line));
        }
      }
    }
    text.append('\n');
  }

  private static String heading(String workload) {
    return switch (workload) {
      case "start" -> "Pull, create, run until it is ready";
      case "update" -> "The same of an update, where every twentieth file is another";
      case "everything" -> "Pull, and read every byte";
      case "walk" -> "Pull, and `ls -lR` of the root";
      case "together" -> Together.CONTAINERS + " containers at once";
      default -> workload;
    };
  }

  private String row(List<Sample> some, String workload, Line line) {
    Sample first = some.getFirst();
    Median total = Median.of(some, Sample::totalMillis);
    String overlay =
        results
            .total(workload, first.image(), line.toString(), Contender.OVERLAYFS)
            .map(peer -> number("%.2f", total.middle() / peer.middle()))
            .orElse("");
    List<String> cells = new ArrayList<>(List.of(first.image(), first.contender()));
    boolean whole = some.stream().allMatch(each -> each.pullMillis() == 0);
    cells.add(whole ? "" : millis(Median.of(some, Sample::pullMillis).middle()));
    cells.add(whole ? "" : millis(Median.of(some, Sample::runMillis).middle()));
    cells.add(millis(total.middle()));
    cells.add(millis(total.least()) + "–" + millis(total.most()));
    cells.add(number("%.1f", Median.of(some, Sample::bytes).middle() / 1e6));
    cells.add(number("%.0f", Median.of(some, Sample::requests).middle()));
    cells.add(overlay);
    return "| " + String.join(" | ", cells) + " |\n";
  }

  /**
   * What a start has to take: the bytes that it needs, {@value #ROUND_TRIPS} round trips, and what
   * it takes with everything on disk.
   */
  private void bounds(StringBuilder text, Line line) {
    text.append("## What a start could take, %s%n%n".formatted(line));
    text.append(
        """
        Needed: compressed size of what the workload reads. Least: that over the line, %d round trips, and the same pull and run with everything on disk.

        | image | packed MB | needed MB | on disk ms | least ms | prioritized ÷ least | prioritized ÷ overlayfs | plain ÷ prioritized |
        |---|---:|---:|---:|---:|---:|---:|---:|
        """
            .formatted(ROUND_TRIPS));
    for (BenchImage image : images.values()) {
      text.append(bound(image, line));
    }
    text.append('\n');
  }

  private String bound(BenchImage image, Line line) {
    double onDisk = middle(results.totalOnDisk(image.name()));
    double least = line.leastMillis(ROUND_TRIPS, image.wanted()) + onDisk;
    double prioritized = start(image, line, PRIORITIZED);
    return "| "
        + String.join(
            " | ",
            image.name(),
            number("%.1f", image.bytes() / 1e6),
            number("%.1f", image.wanted() / 1e6),
            millis(onDisk),
            millis(least),
            number("%.2f", prioritized / least),
            number("%.2f", prioritized / start(image, line, Contender.OVERLAYFS)),
            number("%.2f", start(image, line, PLAIN) / prioritized))
        + " |\n";
  }

  private double start(BenchImage image, Line line, String contender) {
    return middle(results.total(Workload.START.word(), image.name(), line.toString(), contender));
  }

  private static double middle(java.util.Optional<Median> median) {
    return median.map(Median::middle).orElse(Double.NaN);
  }

  private static String millis(double value) {
    return Double.isNaN(value) ? "" : number("%,.0f", value);
  }

  private static String number(String format, double value) {
    return Double.isNaN(value) ? "" : String.format(Locale.ROOT, format, value);
  }
}
