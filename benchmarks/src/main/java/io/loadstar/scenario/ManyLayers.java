package io.loadstar.scenario;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.ImageLayout;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * How much memory the snapshotter takes for many mounted layers: at rest, while 64 readers read,
 * and after a restart, which asks no registry. Prints a table in Markdown.
 *
 * <p>Runs as root, after {@code bin/build}: {@code java -cp ... io.loadstar.scenario.ManyLayers
 * [--document] [LAYERS [FILES]]}.
 */
public final class ManyLayers {

  /** After a burst of mounts the daemon gives memory back, in some seconds. */
  private static final Duration SETTLED = Duration.ofSeconds(15);

  private static final int LAYERS = 100;
  private static final int FILES = 10_000;
  private static final int READERS = 64;
  private static final int FILES_OF_A_DIRECTORY = 100;
  private static final double MIB = 1024;

  private final PrivateNode node;

  private final Report report;

  private ManyLayers(PrivateNode node, Report report) {
    this.node = node;
    this.report = report;
  }

  /**
   * @param words how many layers, of how many files
   */
  public static void main(String[] words) throws Exception {
    Arguments arguments = Arguments.of(words);
    int layers = arguments.number(0, LAYERS);
    int files = arguments.number(1, FILES);
    try (PrivateNode node = PrivateNode.start("no_background_fetch = true\n")) {
      Report report = new Report("ManyLayers " + layers + " " + files, arguments);
      new ManyLayers(node, report).run(layers, files);
      report.publish();
    }
  }

  private void run(int layers, int files) throws Exception {
    String reference = pushed(layers, files);
    Ctr ctr = node.ctr().in("many");
    report.head("%d layers of %d files each;".formatted(layers, files));
    report.line("| | RssAnon MiB | RSS MiB |");
    report.line("|---|---:|---:|");
    print("none mounted");
    node.pullLazily(ctr, reference);
    print("just mounted");
    Thread.sleep(SETTLED);
    print("a quarter of a minute later");
    String read =
        "find '%s'/snapshotter/snapshots/*/fs -type f | awk 'NR %% 200 == 1' | xargs -P %d -n 20 cat >/dev/null"
            .formatted(node.snapshotterRoot(), READERS);
    Process readers = Program.shell(read).within(Duration.ofMinutes(10)).start();
    long most = 0;
    long mostOfAll = 0;
    while (readers.isAlive()) {
      most = Math.max(most, memory("RssAnon"));
      mostOfAll = Math.max(mostOfAll, memory("VmRSS"));
      readers.waitFor(100, java.util.concurrent.TimeUnit.MILLISECONDS);
    }
    if (readers.exitValue() != 0) {
      throw new IOException("a reader failed: " + readers.exitValue());
    }
    report.line(
        String.format(
            Locale.ROOT,
            "| at most, with %d readers | %.0f | %.0f |",
            READERS,
            most / MIB,
            mostOfAll / MIB));
    node.killSnapshotter();
    long mark = node.registry().accessLog().mark();
    long begin = System.nanoTime();
    node.startSnapshotter();
    report.line(
        String.format(
            Locale.ROOT,
            "| after a restart of %.1f s and %d requests to the registry | %.0f | %.0f |",
            (System.nanoTime() - begin) / 1e9,
            node.registry().accessLog().since(mark).requests().size(),
            memory("RssAnon") / MIB,
            memory("VmRSS") / MIB));
  }

  private void print(String what) throws IOException {
    report.line(
        String.format(
            Locale.ROOT,
            "| %s | %.0f | %.0f |",
            what,
            memory("RssAnon") / MIB,
            memory("VmRSS") / MIB));
  }

  /** In KiB, as the kernel tells it. */
  private long memory(String key) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + node.snapshotterPid() + "/status")).stream()
        .filter(line -> line.startsWith(key + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }

  /** Layers of the same files, but for one: each is opened and kept for itself. */
  private String pushed(int layers, int files) throws Exception {
    Path trees = Files.createTempDirectory(node.scratch(), "trees.");
    Path tree = Files.createDirectory(trees.resolve("tree"));
    for (int i = 0; i < files; i++) {
      Path directory = tree.resolve("d" + i / FILES_OF_A_DIRECTORY);
      Files.createDirectories(directory);
      Files.writeString(directory.resolve("file-number-" + i), "content of file " + i + "\n");
    }
    ImageLayout layout = ImageLayout.create(trees.resolve("layout"));
    List<ImageLayout.Layer> packed = new ArrayList<>();
    for (int i = 0; i < layers; i++) {
      Files.writeString(tree.resolve("which"), "layer " + i + "\n");
      packed.add(layout.pack(tree));
    }
    layout.image("v1", packed, List.of("ls"));
    Ctr ctr = node.ctr().in("push");
    String reference = node.registry().reference("scenario/many", "v1");
    ctr.importLayout(layout.directory(), node.registry().address() + "/scenario/many");
    ctr.call("images", "push", "--plain-http", reference).within(Duration.ofMinutes(10)).output();
    ctr.remove(reference);
    String lazy = node.registry().reference("scenario/many", "lazy");
    node.loadstar("convert", reference, lazy).within(Duration.ofMinutes(20)).output();
    return lazy;
  }
}
