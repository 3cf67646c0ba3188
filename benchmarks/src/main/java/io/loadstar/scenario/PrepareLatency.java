package io.loadstar.scenario;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Namespace;
import io.loadstar.containerd.Preparation;
import io.loadstar.containerd.SnapshotInfo;
import io.loadstar.containerd.Snapshots;
import io.loadstar.rig.Checkout;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.ShapedRelay;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/**
 * How long the snapshotter takes to answer Prepare, by the registry's distance: for an image's
 * first layer, which brings the others along, and for each further one. It is asked over its own
 * socket, as containerd asks, one layer after the other. Prints a table in Markdown, and writes all
 * figures as JSON beside the documentation.
 *
 * <p>Runs as root, after {@code bin/build}: {@code bin/benchmark --scenario PrepareLatency
 * [--document] [ROUNDS [ROUND TRIP...]]}.
 */
public final class PrepareLatency {

  private static final String NAME = "PrepareLatency";
  private static final String FIGURES = "docs/prepare-latency.json";
  private static final String REPOSITORY = "scenario/prepare";
  private static final int ROUNDS = 3;
  private static final double NANOS_PER_MILLI = 1e6;

  private final PrivateNode node;
  private final PreparedImage image;
  private final ArrayNode figures = new ObjectMapper().createArrayNode();
  private int prepared;

  private PrepareLatency(PrivateNode node, PreparedImage image) {
    this.node = node;
    this.image = image;
  }

  /**
   * @param words how many rounds, {@value #ROUNDS} without, and which round trips in ms
   */
  public static void main(String[] words) throws Exception {
    Arguments arguments = Arguments.of(words);
    int rounds = arguments.number(0, ROUNDS);
    try (PrivateNode node = PrivateNode.start("no_background_fetch = true\nnoprefetch = true\n")) {
      var _ = HostImage.pushed(node, REPOSITORY);
      PrepareLatency scenario =
          new PrepareLatency(
              node, PreparedImage.of(node.registry().address(), REPOSITORY, HostImage.LAZY));
      Report report = new Report(NAME + " " + rounds, arguments);
      report.head(
          "%d layers, medians of %d rounds;".formatted(scenario.image.layers().size(), rounds));
      report.line(
          "| round trip ms | first layer ms | each further one ms | longest of those | all ms |"
              + " requests |");
      report.line("|---:|---:|---:|---:|---:|---:|");
      scenario.warmUp();
      for (ShapedRelay.Shape line : arguments.lines(1)) {
        scenario.measure(line, rounds, report);
      }
      report.publish();
      if (arguments.document()) {
        Files.writeString(
            Checkout.found().root().resolve(FIGURES), scenario.figures.toPrettyString() + "\n");
      }
    }
  }

  /** What the first calls of both sides load isn't measured. */
  private void warmUp() throws Exception {
    var _ = prepare(new ShapedRelay.Shape(Duration.ZERO, Long.MAX_VALUE));
  }

  /** What the layers of one image took, and what was asked for them. */
  private record Round(List<Double> millis, int requests) {

    double first() {
      return millis.getFirst();
    }

    double all() {
      return millis.stream().mapToDouble(Double::doubleValue).sum();
    }
  }

  private void measure(ShapedRelay.Shape line, int rounds, Report report) throws Exception {
    List<Round> some = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      Round round = prepare(line);
      some.add(round);
      ObjectNode figure = figures.addObject();
      figure.put("roundTripMillis", line.roundTrip().toMillis());
      figure.put("requests", round.requests);
      round.millis.forEach(figure.putArray("layerMillis")::add);
    }
    List<Double> further = new ArrayList<>();
    some.forEach(round -> further.addAll(round.millis.subList(1, round.millis.size())));
    report.line(
        String.format(
            Locale.ROOT,
            "| %d | %.0f | %.0f | %.0f | %.0f | %d |",
            line.roundTrip().toMillis(),
            median(some.stream().map(Round::first).toList()),
            median(further),
            further.stream().mapToDouble(Double::doubleValue).max().orElse(0),
            median(some.stream().map(Round::all).toList()),
            some.getLast().requests));
  }

  private static double median(List<Double> values) {
    return values.stream().sorted().skip(values.size() / 2).findFirst().orElse(0.0);
  }

  /** Prepares the whole image from a registry of its own, which a relay is, and removes it. */
  private Round prepare(ShapedRelay.Shape line) throws Exception {
    try (ShapedRelay relay = ShapedRelay.start(node.registry().address(), line);
        ContainerdClient client =
            ContainerdClient.connect(node.snapshotterSocket(), new Namespace("default"))) {
      Snapshots snapshots = client.services().snapshots(PrivateNode.SNAPSHOTTER);
      String reference = relay.address() + "/" + REPOSITORY + ":" + HostImage.LAZY;
      List<Double> millis = new ArrayList<>();
      String parent = "";
      for (int i = 0; i < image.layers().size(); i++) {
        long begin = System.nanoTime();
        Preparation answer =
            snapshots.prepare(
                "default/" + ++prepared + "/extract", parent, image.labels(i, reference));
        millis.add((System.nanoTime() - begin) / NANOS_PER_MILLI);
        if (!(answer instanceof Preparation.Present)) {
          throw new IOException("layer " + i + " isn't lazy: see the snapshotter's log");
        }
        String chain = image.layers().get(i).getOrDefault(PreparedImage.CHAIN, "");
        parent = named(snapshots, chain, parent);
      }
      Round round = new Round(millis, relay.exchanges().size());
      removeAll(snapshots);
      return round;
    }
  }

  private static String named(Snapshots snapshots, String chain, String parent)
      throws ContainerdException, IOException {
    return snapshots.list().stream()
        .filter(SnapshotInfo::committed)
        .filter(info -> chain.equals(info.labels().get(PreparedImage.CHAIN)))
        .filter(info -> info.parent().equals(parent))
        .map(SnapshotInfo::name)
        .findFirst()
        .orElseThrow(() -> new IOException("no snapshot of " + chain));
  }

  /** The last first, since that has no children. */
  private static void removeAll(Snapshots snapshots) throws ContainerdException {
    List<String> names =
        snapshots.list().stream()
            .map(SnapshotInfo::name)
            .sorted(Comparator.comparingLong(PrepareLatency::number).reversed())
            .toList();
    for (String name : names) {
      snapshots.remove(name);
    }
  }

  private static long number(String name) {
    return Long.parseLong(name.substring(name.lastIndexOf('@') + 1));
  }
}
