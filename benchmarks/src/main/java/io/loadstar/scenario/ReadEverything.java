package io.loadstar.scenario;

import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.ShapedRelay;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Reads every byte of an image from nothing: {@code loadstar pull} and {@code tar} of the root,
 * beside containerd's overlayfs pull and the same {@code tar}, behind lines of 0, 20 and 100 ms
 * round trip and 200 Mbit/s. Prints a table in Markdown.
 *
 * <p>Runs as root, after {@code bin/build}: {@code bin/benchmark --scenario ReadEverything
 * [ROUNDS]}. Both ways take turns; the medians count.
 */
public final class ReadEverything {

  private static final int ROUNDS = 3;
  private static final String READ = "tar --create . | cat >/dev/null";

  private final PrivateNode node;
  private final HostImage image;
  private int runs;

  private ReadEverything(PrivateNode node, HostImage image) {
    this.node = node;
    this.image = image;
  }

  /**
   * @param arguments how many rounds; {@value #ROUNDS} without
   */
  public static void main(String[] arguments) throws Exception {
    int rounds = arguments.length == 0 ? ROUNDS : Integer.parseInt(arguments[0]);
    try (PrivateNode node = PrivateNode.start("")) {
      HostImage image = HostImage.pushed(node, "scenario/everything");
      System.out.printf(
          Locale.ROOT,
          "%.1f MB compressed as packed; medians of %d rounds%n%n",
          image.bytes() / 1e6,
          rounds);
      System.out.println("| round trip | | pull s | all read s | requests | MB | of overlayfs |");
      System.out.println("|---|---|---|---|---|---|---|");
      ReadEverything scenario = new ReadEverything(node, image);
      for (ShapedRelay.Shape line : ShapedRun.LINES) {
        scenario.compare(line, rounds);
      }
    }
  }

  private void compare(ShapedRelay.Shape line, int rounds) throws Exception {
    List<ShapedRun> overlays = new ArrayList<>();
    List<ShapedRun> lazies = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      overlays.add(
          run(
              line,
              new ShapedRun.Work(
                  "overlayfs",
                  (ctr, address) -> ctr.pull("overlayfs", image.ordinary(address)),
                  READ)));
      lazies.add(
          run(
              line,
              new ShapedRun.Work(
                  PrivateNode.SNAPSHOTTER,
                  (ctr, address) -> node.pullLazily(ctr, image.lazy(address)),
                  READ)));
    }
    ShapedRun overlay = ShapedRun.median(overlays);
    ShapedRun lazy = ShapedRun.median(lazies);
    String trip = line.roundTrip().toMillis() + " ms";
    print(trip, "overlayfs", overlay, 1);
    print(trip, "Loadstar", lazy, lazy.all() / overlay.all());
  }

  private ShapedRun run(ShapedRelay.Shape line, ShapedRun.Work work) throws Exception {
    return ShapedRun.of(node, line, "run" + ++runs, work);
  }

  private static void print(String trip, String what, ShapedRun run, double of) {
    System.out.printf(
        Locale.ROOT,
        "| %s | %s | %.1f | %.1f | %d | %.1f | %.2f |%n",
        trip,
        what,
        run.pull(),
        run.all(),
        run.blobs().size(),
        run.megabytes(),
        of);
  }
}
