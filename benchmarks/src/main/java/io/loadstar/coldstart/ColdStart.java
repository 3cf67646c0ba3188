package io.loadstar.coldstart;

import com.fasterxml.jackson.databind.ObjectMapper;
import io.loadstar.rig.ContainerdPrograms;
import io.loadstar.rig.PrivateNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;

/**
 * Cold starts of real images, side by side, over several lines: what {@code bin/bench} runs. Writes
 * {@code cold-starts.json} (every sample), {@code cold-starts.tables.md} and {@code
 * cold-starts.svg} into the output directory.
 *
 * <p>Contenders take turns: a round has each of them once for each image and line.
 */
public final class ColdStart {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String TOGETHER = "together";
  private static final String JNR = "[fuse]\ntransport = \"jnr\"\n";

  private final ColdStartOptions options;
  private final PrivateNode node;
  private final List<Contender> contenders;
  private final Map<String, BenchImage> images = new LinkedHashMap<>();
  private final Results results = new Results();

  private ColdStart(ColdStartOptions options, PrivateNode node, List<Contender> contenders) {
    this.options = options;
    this.node = node;
    this.contenders = contenders;
  }

  /**
   * @param arguments as {@link ColdStartOptions#parse} reads them
   */
  public static void main(String[] arguments) throws Exception {
    ColdStartOptions options;
    try {
      options = ColdStartOptions.parse(List.of(arguments));
    } catch (IllegalArgumentException e) {
      System.err.println("bench: " + e.getMessage());
      System.exit(2);
      return;
    }
    String configuration = options.configuration();
    try (PrivateNode node =
            PrivateNode.start(
                new PrivateNode.Setting(
                    configuration, Map.of(), options.peers(), ContainerdPrograms.installed()));
        @Nullable PrivateNode jnr = options.jnr() ? PrivateNode.start(JNR) : null) {
      ColdStart bench = new ColdStart(options, node, contenders(options, node, jnr));
      bench.pushImages();
      bench.measure();
      bench.write();
    }
  }

  private static List<Contender> contenders(
      ColdStartOptions options, PrivateNode node, @Nullable PrivateNode jnr) {
    String ours = PrivateNode.SNAPSHOTTER;
    List<Contender> all = new ArrayList<>();
    all.add(cold(Contender.OVERLAYFS, node, Contender.OVERLAYFS, BenchImage.Form.ORDINARY));
    all.add(cold(Report.PLAIN, node, ours, BenchImage.Form.PLAIN));
    // Right after the one before it, from which the node has learnt.
    all.add(
        new Contender("plain, known", node, ours, BenchImage.Form.PLAIN, Contender.Past.STARTED));
    all.add(cold(Report.PRIORITIZED, node, ours, BenchImage.Form.PRIORITIZED));
    if (jnr != null) {
      all.add(cold("plain, jnr", jnr, ours, BenchImage.Form.PLAIN));
      all.add(cold("prioritized, jnr", jnr, ours, BenchImage.Form.PRIORITIZED));
    }
    for (String peer : options.peers().keySet()) {
      all.add(cold("plain, " + peer, node, peer, BenchImage.Form.PLAIN));
      all.add(cold("prioritized, " + peer, node, peer, BenchImage.Form.PRIORITIZED));
    }
    return all;
  }

  private static Contender cold(
      String name, PrivateNode node, String snapshotter, BenchImage.Form form) {
    return new Contender(name, node, snapshotter, form, Contender.Past.NONE);
  }

  private void pushImages() throws Exception {
    for (String name : options.images()) {
      say("converting " + name);
      images.put(name, BenchImage.pushed(node, options.archives(), name, options.ready(name)));
    }
  }

  private void measure() throws Exception {
    for (int round = 1; round <= options.rounds(); round++) {
      for (Line line : options.lines()) {
        for (String workload : options.workloads()) {
          say("round %d of %d: %s, %s".formatted(round, options.rounds(), workload, line));
          measure(round, line, workload);
        }
      }
      if (options.workloads().contains(Workload.START.word())) {
        say("round %d of %d: everything on disk".formatted(round, options.rounds()));
        measureOnDisk(round);
      }
    }
  }

  private void measure(int round, Line line, String workload) throws Exception {
    if (workload.equals(TOGETHER)) {
      List<BenchImage> some = images.values().stream().limit(5).toList();
      String name = String.join("+", some.stream().map(BenchImage::name).toList());
      for (Contender each : contenders) {
        ColdRun.Took took = Together.over(line, each, node.registry().address(), some);
        add(sample(workload, name, each, line, round, took), took);
      }
      return;
    }
    for (BenchImage image : images.values()) {
      if (workload.equals(Workload.UPDATE.word()) && image.versions() < 2) {
        continue;
      }
      for (Contender each : contenders) {
        ColdRun.Took took =
            heard(() -> {
              try (ColdRun run = ColdRun.over(line, each, node.registry().address())) {
                return Workload.named(workload).in(run, image);
              }
            });
        add(sample(workload, image.name(), each, line, round, took), took);
      }
    }
  }

  /** The second start of a prioritized image on a node that has forgotten the image only. */
  private void measureOnDisk(int round) throws Exception {
    Contender lazy =
        contenders.stream()
            .filter(each -> each.name().equals(Report.PRIORITIZED))
            .findFirst()
            .orElseThrow();
    for (BenchImage image : images.values()) {
      ColdRun.Took took = heard(() -> secondStart(lazy, image));
      results.addOnDisk(sample("on disk", image.name(), lazy, Line.NONE, round, took));
    }
  }

  private ColdRun.Took secondStart(Contender lazy, BenchImage image) throws Exception {
    try (ColdRun run = ColdRun.over(Line.NONE, lazy, node.registry().address())) {
      run.start(image, 1);
      run.forget();
      ColdRun.rest();
      return run.start(image, 1);
    }
  }

  /** A start of which nothing was heard can't be timed: it is done again, once, and said so. */
  private static ColdRun.Took heard(Callable<ColdRun.Took> start) throws Exception {
    try {
      return start.call();
    } catch (LostOutputException e) {
      say(e.getMessage() + "; once more");
      return start.call();
    }
  }

  private void add(Sample sample, ColdRun.Took took) throws IOException {
    results.add(sample);
    say(
        "%s: %,.0f ms"
            .formatted(
                String.join(", ", sample.image(), sample.contender()), sample.totalMillis()));
    if (options.trace() != null) {
      String name =
          "%s-%s-%s-%s-%d.txt"
              .formatted(
                  sample.workload(),
                  sample.image(),
                  sample.contender(),
                  sample.line(),
                  sample.round());
      took.timeline()
          .write(options.trace().resolve(name.toLowerCase(Locale.ROOT).replaceAll("[ ,/]+", "-")));
    }
  }

  private static Sample sample(
      String workload, String image, Contender contender, Line line, int round, ColdRun.Took took) {
    return new Sample(
        workload,
        image,
        contender.name(),
        line.toString(),
        round,
        took.pullMillis(),
        took.runMillis(),
        took.bytes(),
        took.requests());
  }

  private void write() throws Exception {
    Map<String, Object> raw = new LinkedHashMap<>();
    raw.put("images", images.values());
    raw.put("samples", results.samples());
    raw.put("onDisk", results.onDisk());
    Path output = options.output();
    Files.writeString(
        output.resolve("cold-starts.json"),
        JSON.writerWithDefaultPrettyPrinter().writeValueAsString(raw) + "\n");
    Files.writeString(
        output.resolve("cold-starts.tables.md"),
        new Report(results, images, options.lines()).text());
    if (options.workloads().contains(Workload.START.word())) {
      Files.writeString(
          output.resolve("cold-starts.svg"),
          BarPlot.of(results, Workload.START.word(), options.lines().getFirst()));
    }
  }

  private static void say(String what) {
    System.err.println("  " + what);
  }
}
