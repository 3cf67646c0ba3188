package io.loadstar.scenario;

import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.ShapedRelay;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * A start that reads a twentieth of an image, in no order: of one that has it in front, of one that
 * was just converted, and of an ordinary one. Says how many requests for blobs were made after the
 * pull, and the longest chain of those of which each may have depended on the one before. Nothing
 * is fetched in the background. Prints a table in Markdown for each line.
 *
 * <p>Runs as root, after {@code bin/build}: {@code bin/benchmark --scenario ReadSome [--document]
 * [ROUNDS [ROUND TRIP...]]}.
 */
public final class ReadSome {

  private static final String NAME = "ReadSome";
  private static final int ROUNDS = 3;

  private final PrivateNode node;
  private final HostImage image;
  private final Arguments arguments;
  private int runs;

  private ReadSome(PrivateNode node, HostImage image, Arguments arguments) {
    this.node = node;
    this.image = image;
    this.arguments = arguments;
  }

  /**
   * @param words how many rounds, {@value #ROUNDS} without, and which round trips in ms
   */
  public static void main(String[] words) throws Exception {
    Arguments arguments = Arguments.of(words);
    // What an earlier round read mustn't be prefetched in the next.
    try (PrivateNode node =
        PrivateNode.start("no_background_fetch = true\nlearn_reads = false\n")) {
      HostImage image = HostImage.pushed(node, "scenario/some");
      ReadSome scenario = new ReadSome(node, image, arguments);
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
    List<ShapedRun> prioritized = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      overlays.add(run(line, "overlayfs", (ctr, at) -> ctr.pull("overlayfs", image.ordinary(at))));
      lazies.add(
          run(line, PrivateNode.SNAPSHOTTER, (ctr, at) -> node.pullLazily(ctr, image.lazy(at))));
      prioritized.add(
          run(
              line,
              PrivateNode.SNAPSHOTTER,
              (ctr, at) -> node.pullLazily(ctr, image.prioritized(at))));
    }
    report.line(
        "| | pull s | 5 % read s | requests | MB | of them after the pull | longest chain of"
            + " those |");
    report.line("|---|---:|---:|---:|---:|---:|---:|");
    row(report, "containerd, overlayfs", overlays);
    row(report, "Loadstar, converted", lazies);
    row(report, "Loadstar, prioritized", prioritized);
    report.publish();
  }

  private ShapedRun run(ShapedRelay.Shape line, String snapshotter, ShapedRun.Pull pull)
      throws Exception {
    String read = "xargs --delimiter='\\n' cat <'%s' >/dev/null".formatted(image.wanted());
    return ShapedRun.of(node, line, "run" + ++runs, new ShapedRun.Work(snapshotter, pull, read));
  }

  private static void row(Report report, String what, List<ShapedRun> runs) {
    ShapedRun run = ShapedRun.median(runs);
    report.line(
        String.format(
            Locale.ROOT,
            "| %s | %.1f | %.1f | %d | %.1f | %d | %d |",
            what,
            run.pull(),
            run.all(),
            run.blobs().size(),
            run.megabytes(),
            run.after().size(),
            runs.stream()
                .mapToInt(each -> ShapedRelay.longestChain(each.after()))
                .max()
                .orElseThrow()));
  }
}
