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
 * is fetched in the background. Prints a table in Markdown.
 *
 * <p>Runs as root, after {@code bin/build}: {@code bin/benchmark --scenario ReadSome [ROUNDS]}.
 */
public final class ReadSome {

  private static final int ROUNDS = 3;

  private final PrivateNode node;
  private final HostImage image;
  private int runs;

  private ReadSome(PrivateNode node, HostImage image) {
    this.node = node;
    this.image = image;
  }

  /**
   * @param arguments how many rounds; {@value #ROUNDS} without
   */
  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length == 0 ? ROUNDS : Integer.parseInt(arguments[0]);
    try (PrivateNode node = PrivateNode.start("no_background_fetch = true\n")) {
      HostImage image = HostImage.pushed(node, "scenario/some");
      System.out.printf(
          Locale.ROOT,
          "%.1f MB compressed as packed; medians of %d rounds%n%n",
          image.bytes() / 1e6,
          rounds);
      System.out.println(
          "| round trip | | pull s | all read s | requests | MB | after the pull | longest chain |");
      System.out.println("|---|---|---|---|---|---|---|---|");
      ReadSome scenario = new ReadSome(node, image);
      for (ShapedRelay.Shape line : ShapedRun.LINES) {
        scenario.compare(line, rounds);
      }
    }
  }

  private void compare(ShapedRelay.Shape line, int rounds) throws Exception {
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
    String trip = line.roundTrip().toMillis() + " ms";
    print(trip, "overlayfs", ShapedRun.median(overlays));
    print(trip, "converted", ShapedRun.median(lazies));
    print(trip, "prioritized", ShapedRun.median(prioritized));
  }

  private ShapedRun run(ShapedRelay.Shape line, String snapshotter, ShapedRun.Pull pull)
      throws Exception {
    String read = "xargs --delimiter='\\n' cat <'%s' >/dev/null".formatted(image.wanted());
    return ShapedRun.of(node, line, "run" + ++runs, new ShapedRun.Work(snapshotter, pull, read));
  }

  private static void print(String trip, String what, ShapedRun run) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %.1f | %.1f | %d | %.1f | %d | %d |%n",
        trip,
        what,
        run.pull(),
        run.all(),
        run.blobs().size(),
        run.megabytes(),
        run.after().size(),
        ShapedRelay.longestChain(run.after()));
  }
}
