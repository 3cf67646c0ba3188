package io.loadstar.coldstart;

import java.util.List;
import java.util.Locale;

/**
 * Bars in groups as an SVG picture that follows its reader's light or dark theme: for each image,
 * one bar for each contender, pull and run in two shades. Stateless.
 */
final class BarPlot {

  private static final int WIDTH = 820;
  private static final int LEFT = 90;
  private static final int RIGHT = 110;
  private static final int BAR = 14;
  private static final int GAP = 14;
  private static final int TOP = 54;
  private static final List<String> COLOURS =
      List.of("#8a8f98", "#4c8dd6", "#2f9e6e", "#c98a2b", "#a45bc4", "#c4574e");

  private BarPlot() {}

  /**
   * @param workload whose samples are drawn
   * @param line over which they were taken
   */
  static String of(Results results, String workload, Line line) {
    List<String> images =
        results.all(Sample::image).stream()
            .filter(image -> isDrawn(results, workload, image, line))
            .toList();
    List<String> contenders = List.copyOf(results.all(Sample::contender));
    double most = 1;
    for (Sample each : results.samples()) {
      if (each.workload().equals(workload) && each.line().equals(line.toString())) {
        most = Math.max(most, each.totalMillis());
      }
    }
    double scale = (WIDTH - LEFT - RIGHT) / most;
    StringBuilder svg = new StringBuilder();
    int y = TOP;
    for (String image : images) {
      svg.append(text(LEFT - 8, y + BAR - 2, "end", image));
      for (int i = 0; i < contenders.size(); i++) {
        List<Sample> some = results.of(workload, image, line.toString(), contenders.get(i));
        if (!some.isEmpty()) {
          svg.append(bar(some, y, scale, COLOURS.get(i % COLOURS.size())));
          y += BAR + 2;
        }
      }
      y += GAP;
    }
    return head(y) + legend(contenders, line) + svg + "</svg>\n";
  }

  private static boolean isDrawn(Results results, String workload, String image, Line line) {
    return results.samples().stream()
        .anyMatch(each ->
            each.workload().equals(workload)
                && each.image().equals(image)
                && each.line().equals(line.toString()));
  }

  private static String head(int height) {
    return """
    <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %d %d" font-family="system-ui, sans-serif" font-size="12">
    <style>text { fill: #24292f } @media (prefers-color-scheme: dark) { text { fill: #d0d7de } }</style>
    """
        .formatted(WIDTH, height);
  }

  private static String legend(List<String> contenders, Line line) {
    StringBuilder legend = new StringBuilder();
    legend.append(
        text(LEFT, 16, "start", "Pull (pale) and run until ready (full), in seconds; " + line));
    int x = LEFT;
    for (int i = 0; i < contenders.size(); i++) {
      legend.append(box(x, 28, 12, COLOURS.get(i % COLOURS.size()), 1));
      legend.append(text(x + 18, 38, "start", contenders.get(i)));
      x += 36 + contenders.get(i).length() * 7;
    }
    return legend.toString();
  }

  private static String bar(List<Sample> some, int y, double scale, String colour) {
    double pull = Median.of(some, Sample::pullMillis).middle();
    double total = Median.of(some, Sample::totalMillis).middle();
    return box(LEFT, y, pull * scale, colour, 0.55)
        + box(LEFT + pull * scale, y, (total - pull) * scale, colour, 1)
        + text(
            LEFT + total * scale + 6,
            y + BAR - 3,
            "start",
            String.format(Locale.ROOT, "%.2f", total / 1e3));
  }

  private static String box(double x, int y, double width, String colour, double opacity) {
    return String.format(
        Locale.ROOT,
        "<rect x=\"%.1f\" y=\"%d\" width=\"%.1f\" height=\"%d\" fill=\"%s\" opacity=\"%.2f\"/>%n",
        x,
        y,
        Math.max(width, 0.5),
        BAR,
        colour,
        opacity);
  }

  private static String text(double x, int y, String anchor, String text) {
    return String.format(
        Locale.ROOT,
        "<text x=\"%.1f\" y=\"%d\" text-anchor=\"%s\">%s</text>%n",
        x,
        y,
        anchor,
        text.replace("&", "&amp;").replace("<", "&lt;"));
  }
}
