package io.loadstar.scenario;

import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.ShapedRelay;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads every byte of an image from nothing: {@code loadstar pull} and {@code tar} of the root,
 * beside containerd's overlayfs pull and the same {@code tar}, behind lines of 0, 20 and 100 ms
 * round trip and 200 Mbit/s. Prints a table in Markdown for each.
 *
 * <p>Runs as root, after {@code bin/build}: {@code bin/benchmark --scenario ReadEverything
 * [--document] [ROUNDS [ROUND TRIP...]]}. Both ways take turns; the medians count, and the shortest
 * and longest are told beside them.
 */
public final class ReadEverything {

  private static final String NAME = "ReadEverything";
  private static final int ROUNDS = 3;
  private static final String READ = "tar --create . | cat >/dev/null";

  private final PrivateNode node;
  private final HostImage image;
  private final Arguments arguments;
  private int runs;

  private ReadEverything(PrivateNode node, HostImage image, Arguments arguments) {
    this.node = node;
    this.image = image;
    this.arguments = arguments;
  }

  /**
   * @param words how many rounds, {@value #ROUNDS} without, and which round trips in ms
   */
  public static void main(String[] words) throws Exception {
    Arguments arguments = Arguments.of(words);
    try (PrivateNode node = PrivateNode.start("")) {
      HostImage image = HostImage.pushed(node, "scenario/everything");
      ReadEverything scenario = new ReadEverything(node, image, arguments);
      for (ShapedRelay.Shape line : arguments.lines(1)) {
        scenario.compare(line, arguments.number(0, ROUNDS));
      }
    }
  }

  private void compare(ShapedRelay.Shape line, int rounds) throws Exception {
    long trip = line.roundTrip().toMillis();
    Report report = new Report(NAME + " " + rounds + " " + trip, arguments);
    report.head(
        String.format(
            Locale.ROOT,
            "**%d ms**: %.1f MB compressed as packed, medians of %d rounds;",
            trip,
            image.bytes() / 1e6,
            rounds));
    List<ShapedRun> overlays = new ArrayList<>();
    List<ShapedRun> lazies = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      overlays.add(run(report, line, overlayfs()));
      lazies.add(run(report, line, lazily()));
    }
    report.line(
        "| | pull s | all read s | from, to | requests | MB | snapshotter's processor s | of"
            + " overlayfs |");
    report.line("|---|---:|---:|---:|---:|---:|---:|---:|");
    double reference = ShapedRun.median(overlays).all();
    row(report, "containerd, overlayfs", overlays, reference);
    row(report, "Loadstar", lazies, reference);
    report.publish();
  }

  private ShapedRun.Work overlayfs() {
    return new ShapedRun.Work(
        "overlayfs", (ctr, address) -> ctr.pull("overlayfs", image.ordinary(address)), READ);
  }

  private ShapedRun.Work lazily() {
    return new ShapedRun.Work(
        PrivateNode.SNAPSHOTTER, (ctr, address) -> node.pullLazily(ctr, image.lazy(address)), READ);
  }

  private ShapedRun run(Report report, ShapedRelay.Shape line, ShapedRun.Work work)
      throws Exception {
    ShapedRun run = ShapedRun.of(node, line, "run" + ++runs, work);
    report.aside(
        String.format(
            Locale.ROOT,
            "%s: pull %.1f s, all %.1f s, processor %.1f s",
            work.snapshotter(),
            run.pull(),
            run.all(),
            run.processor()));
    return run;
  }

  private static void row(Report report, String what, List<ShapedRun> runs, double reference) {
    ShapedRun run = ShapedRun.median(runs);
    report.line(
        String.format(
            Locale.ROOT,
            "| %s | %.1f | %.1f | %.1f, %.1f | %d | %.1f | %.1f | %.2f |",
            what,
            run.pull(),
            run.all(),
            runs.stream().mapToDouble(ShapedRun::all).min().orElseThrow(),
            runs.stream().mapToDouble(ShapedRun::all).max().orElseThrow(),
            run.blobs().size(),
            run.megabytes(),
            run.processor(),
            run.all() / reference));
  }
}
