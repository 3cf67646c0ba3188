package io.loadstar.scenario;

import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Namespace;
import io.loadstar.rig.Checkout;
import io.loadstar.rig.Daemon;
import io.loadstar.rig.Program;
import io.loadstar.rig.UnixSocket;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * When a daemon with nothing to do answers its first call, and what memory it takes then. Prints a
 * table in Markdown.
 *
 * <p>Runs as root, after {@code bin/build}: {@code bin/benchmark --scenario IdleDaemon [--document]
 * [ROUNDS]}.
 */
public final class IdleDaemon {

  private static final int ROUNDS = 5;
  private static final Duration BETWEEN_TRIES = Duration.ofMillis(2);
  private static final Duration SETTLED = Duration.ofSeconds(5);
  private static final Duration LIMIT = Duration.ofSeconds(60);
  private static final double NANOS_PER_SECOND = 1e9;
  private static final double MIB = 1024;

  private IdleDaemon() {}

  /** One start. */
  private record Start(double seconds, double rss, double anonymous) {}

  /**
   * @param words how many rounds, {@value #ROUNDS} without
   */
  public static void main(String[] words) throws Exception {
    Arguments arguments = Arguments.of(words);
    int rounds = arguments.number(0, ROUNDS);
    var _ = start(); // loads what the caller's side needs, and the programs into the page cache
    Report report = new Report("IdleDaemon " + rounds, arguments);
    report.head("%d starts;".formatted(rounds));
    List<Start> starts = new ArrayList<>();
    for (int i = 0; i < rounds; i++) {
      starts.add(start());
    }
    report.line("| | median | most |");
    report.line("|---|---:|---:|");
    row(
        report,
        "first call answered after s",
        "%.2f",
        starts.stream().map(Start::seconds).toList());
    row(report, "RSS MiB", "%.0f", starts.stream().map(Start::rss).toList());
    row(report, "RssAnon MiB", "%.0f", starts.stream().map(Start::anonymous).toList());
    report.publish();
  }

  private static void row(Report report, String what, String format, List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    report.line(
        ("| %s | " + format + " | " + format + " |")
            .formatted(what, sorted.get(sorted.size() / 2), sorted.getLast()));
  }

  private static Start start() throws Exception {
    Path directory = Files.createTempDirectory(Path.of("/var/tmp"), "loadstar-idle.");
    Path socket = directory.resolve("s.sock");
    Program program =
        Program.of(Checkout.found().root().resolve("bin/loadstar-snapshotter").toString())
            .with(
                List.of(
                    "--address",
                    socket.toString(),
                    "--root",
                    directory.resolve("root").toString()));
    long begin = System.nanoTime();
    try (Daemon daemon =
        Daemon.start(
            "loadstar-snapshotter", program, directory.resolve("log"), directory.resolve("log"))) {
      firstCall(socket, begin);
      double seconds = (System.nanoTime() - begin) / NANOS_PER_SECOND;
      Thread.sleep(SETTLED);
      return new Start(
          seconds, memory(daemon.pid(), "VmRSS") / MIB, memory(daemon.pid(), "RssAnon") / MIB);
    } finally {
      Program.of("rm", "-rf", directory.toString()).output();
    }
  }

  private static void firstCall(Path socket, long begin)
      throws IOException, InterruptedException, ContainerdException {
    while (!UnixSocket.answers(socket)) {
      if (System.nanoTime() - begin > LIMIT.toNanos()) {
        throw new IOException("the snapshotter doesn't answer within " + LIMIT.toSeconds() + " s");
      }
      Thread.sleep(BETWEEN_TRIES);
    }
    try (ContainerdClient client = ContainerdClient.connect(socket, new Namespace("default"))) {
      var _ = client.services().snapshots("loadstar").stat("none");
    }
  }

  /** In KiB, as the kernel tells it. */
  private static long memory(long pid, String key) throws IOException {
    return Files.readAllLines(Path.of("/proc/" + pid + "/status")).stream()
        .filter(line -> line.startsWith(key + ":"))
        .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
        .sum();
  }
}
