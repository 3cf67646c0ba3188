package io.loadstar.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.loadstar.rig.Ctr;
import io.loadstar.rig.Deadline;
import io.loadstar.rig.Finished;
import io.loadstar.rig.MountTable;
import io.loadstar.rig.Prerequisites;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An image is laid out in the order in which its workload reads it, and nothing else stays. */
class OptimizeTest {

  @RegisterExtension static final NodeExtension NODE = new NodeExtension("");

  private static final boolean FULL = Boolean.getBoolean("loadstar.full");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String NAMESPACE = "loadstar-optimize";
  private static final Duration LIMIT = Duration.ofMinutes(4);

  /** Has a shell wait until SIGTERM, which it would ignore as a container's first process. */
  private static final String WAIT = "trap exit TERM; sleep 1000 & wait";

  /** The layer of {@link SampleImage} with the files in /data. */
  private static final int FILES = 2;

  private static SampleImage image;

  private Path work;

  @BeforeAll
  static void push() throws Exception {
    int ballast = FULL ? SampleImage.BALLAST_BYTES : SampleImage.BALLAST_BYTES / 64;
    if (!FULL) {
      System.out.println("bounded: KiB of an optimized image that nobody reads: 512 of 32768");
      System.out.println("bounded: compilers of the JVM that optimizes: 1 of 2");
    }
    Path trees = Files.createTempDirectory(NODE.node().scratch(), "trees.");
    image = SampleImage.pushed(NODE.node(), "optimized", SampleImage.packed(trees, ballast));
  }

  @BeforeEach
  void makeWorkDirectory() throws Exception {
    work = Files.createTempDirectory(NODE.node().scratch(), "o.");
  }

  @AfterEach
  void nothingIsLeft() throws Exception {
    assertEquals(List.of(), MountTable.below(work));
    try (Stream<Path> left = Files.list(work)) {
      assertEquals(List.of(), left.toList());
    }
    Ctr ctr = NODE.node().ctr();
    assertFalse(ctr.call("namespaces", "ls", "--quiet").output().contains(NAMESPACE));
    try (Stream<Path> groups = Files.list(Path.of("/sys/fs/cgroup"))) {
      assertEquals(
          List.of(),
          groups
              .filter(each -> each.getFileName().toString().startsWith("loadstar-"))
              .filter(each -> !each.getFileName().toString().startsWith("loadstar-rig"))
              .toList());
    }
  }

  private Program optimize(String tag, String... words) {
    return optimizeFrom(image.ordinary(), tag, words);
  }

  private Program optimizeFrom(String source, String tag, String... words) {
    List<String> all =
        new ArrayList<>(
            List.of("optimize", "--address", NODE.node().containerdSocket().toString()));
    List<String> options = new ArrayList<>(List.of(words));
    int command = options.indexOf("--");
    List<String> before = command < 0 ? options : options.subList(0, command);
    all.addAll(before);
    all.add(source);
    all.add(reference(tag));
    all.addAll(options.subList(before.size(), options.size()));
    return NODE.node()
        .loadstar()
        .with(all)
        .where("TMPDIR", work.toString())
        .where("LOADSTAR_JAVA_FLAGS", FULL ? "" : "-XX:TieredStopAtLevel=1")
        .within(LIMIT);
  }

  private static String reference(String tag) {
    return NODE.node().registry().reference("optimized", tag);
  }

  private static JsonNode inspected(String tag) throws Exception {
    return JSON.readTree(NODE.node().loadstar("inspect", "--json", reference(tag)).output());
  }

  /** The files before a layer's landmark, in the order of the blob. */
  private static List<String> first(JsonNode image, int layer) {
    List<String> paths = new ArrayList<>();
    image
        .at("/layers/" + layer + "/lazy/prefetched")
        .forEach(file -> paths.add(file.get("path").asText()));
    return paths;
  }

  private static List<JsonNode> lines(Path record) throws Exception {
    List<JsonNode> lines = new ArrayList<>();
    for (String line : Files.readAllLines(record)) {
      lines.add(JSON.readTree(line));
    }
    return lines;
  }

  private static List<String> paths(List<JsonNode> record, int layer) {
    return record.stream()
        .filter(line -> line.get("layerIndex").asInt() == layer)
        .map(line -> line.get("path").asText())
        .toList();
  }

  private static List<String> partly(List<JsonNode> record) {
    return record.stream()
        .filter(line -> line.get("layerIndex").asInt() == 1 && line.has("parts"))
        .map(line -> line.get("path").asText())
        .toList();
  }

  @Test
  void whatTheWorkloadReadsComesFirstInTheOrderOfItsReads() throws Exception {
    PrivateNode node = NODE.node();
    Path record = node.scratch().resolve("record.json");
    String script =
        "cat /data/renamed /data/greeting /ballast/5 /data/renamed >/dev/null; cat /data/changed;"
            + " read -r beginning </ballast/6";

    String said =
        optimize(
                "ordered",
                "--json",
                "--chunk-size",
                "4KiB",
                "--record-out",
                record.toString(),
                "--",
                "sh",
                "-c",
                script)
            .output();

    JsonNode result = JSON.readTree(said);
    assertEquals("ended", result.at("/run/ended").asText());
    JsonNode inspected = inspected("ordered");
    assertEquals(result.get("digest").asText(), inspected.get("digest").asText());
    assertEquals(List.of("data/renamed", "data/greeting", "data/changed"), first(inspected, FILES));
    assertEquals(List.of("ballast/5", "ballast/6"), first(inspected, 1));
    JsonNode ballast = inspected.at("/layers/1/lazy");
    long unread = ballast.get("prefetchEnd").asLong() - ballast.get("prefetchBytes").asLong();
    assertTrue(unread > 4096, ballast::toString);
    List<JsonNode> lines = lines(record);
    for (int layer = 0; layer <= FILES; layer++) {
      assertEquals(paths(lines, layer), first(inspected, layer));
    }
    List<String> programs = first(inspected, 0);
    assertTrue(
        programs.indexOf("bin/sh") >= 0 && programs.indexOf("bin/sh") < programs.indexOf("bin/cat"),
        programs::toString);
    assertFalse(programs.contains("bin/find"), programs::toString);
    List<String> all = lines.stream().map(line -> line.get("path").asText()).toList();
    assertTrue(all.indexOf("bin/cat") < all.indexOf("data/renamed"), all::toString);
    assertTrue(all.indexOf("ballast/5") < all.indexOf("data/changed"), all::toString);

    assertEquals(List.of("ballast/6"), partly(lines), lines::toString);

    optimize("again", "--chunk-size", "4KiB", "--record-in", record.toString()).output();
    assertEquals(inspected.get("digest"), inspected("again").get("digest"));
    node.loadstar("diff", "--exit-code", image.ordinary(), reference("ordered")).output();
    node.loadstar("verify", reference("ordered")).output();
  }

  @ParameterizedTest
  @ValueSource(strings = {"estargz", "zstd:chunked"})
  void anOptimizedImageRuns(String format) throws Exception {
    PrivateNode node = NODE.node();
    String tag = "runs-" + format.replace(':', '-');
    optimize(tag, "--format", format).output();
    assertEquals(List.of("data/greeting"), first(inspected(tag), FILES));
    Ctr ctr = node.ctr().in("optimized");
    node.pullLazily(ctr, reference(tag));
    assertEquals(
        "started before it has arrived\n",
        ctr.run(PrivateNode.SNAPSHOTTER, reference(tag), tag).output());
  }

  @Test
  void anImageThatIsLazyAlreadyIsLaidOutAnew() throws Exception {
    Path record = NODE.node().scratch().resolve("lazy.json");
    String out = record.toString();
    optimizeFrom(image.lazy(), "from-lazy", "--record-out", out).output();
    assertEquals(List.of("data/greeting"), first(inspected("from-lazy"), FILES));
    // The record is of another manifest than this: its files are looked for in every layer.
    optimize("direct", "--record-in", out).output();
    for (int layer = 0; layer <= FILES; layer++) {
      assertEquals(first(inspected("from-lazy"), layer), first(inspected("direct"), layer));
    }
  }

  @Test
  void thePeerTakesOurRecord() throws Exception {
    assumeTrue(Prerequisites.isInstalled("ctr-remote"), "skipped: needs ctr-remote");
    PrivateNode node = NODE.node();
    String record = node.scratch().resolve("for-peer.json").toString();
    String script = "cat /data/renamed /ballast/3 /data/greeting >/dev/null";
    optimize("ours", "--record-out", record, "--", "sh", "-c", script).output();
    Ctr ctr = node.ctr().in("peer");
    ctr.pull("overlayfs", image.ordinary());
    ctr.callRemote("images", "convert", "--oci", "--estargz", "--estargz-record-in", record)
        .with(List.of(image.ordinary(), reference("peer")))
        .output();
    ctr.call("images", "push", "--plain-http", reference("peer")).output();
    for (int layer = 0; layer <= FILES; layer++) {
      assertEquals(first(inspected("ours"), layer), first(inspected("peer"), layer));
    }
  }

  @Test
  void theRecordingEndsWithALine() throws Exception {
    String script = "cat /data/changed; echo it is ready now; sleep 1000; cat /data/greeting";
    Finished done = optimize("line", "--until-line", "ready", "--", "sh", "-c", script).run();
    assertEquals(List.of("data/changed"), first(inspected("line"), FILES));
    assertTrue(done.succeeded().err().contains("| it is ready now"), done::err);
    assertTrue(done.err().contains("the line appeared"), done::err);
  }

  @Test
  void theRecordingEndsWhenItsTimeIsOver() throws Exception {
    String script = "cat /data/changed; " + WAIT + "; cat /data/greeting";
    Finished done = optimize("period", "--period", "2", "--", "sh", "-c", script).run();
    assertEquals(List.of("data/changed"), first(inspected("period"), FILES));
    assertTrue(done.succeeded().err().contains("the time was over"), done::err);
  }

  @Test
  void aSignalEndsTheRecordingAndNotTheCommand() throws Exception {
    for (String signal : List.of("INT", "TERM")) {
      String tag = "signal-" + signal.toLowerCase(java.util.Locale.ROOT);
      Process process = started(tag, WAIT);
      kill(signal, process);
      assertTrue(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), "it goes on and on");
      assertEquals(0, process.exitValue());
      assertEquals(List.of("data/changed"), first(inspected(tag), FILES));
    }
  }

  @Test
  void aSecondSignalEndsTheCommandAndLeavesNothing() throws Exception {
    // It takes no notice of SIGTERM, so there is time for a second signal.
    Process process = started("never", "sleep 1000");
    kill("INT", process);
    awaitSaid("never", "ending the recording");
    kill("INT", process);
    assertTrue(process.waitFor(LIMIT.toSeconds(), TimeUnit.SECONDS), "it goes on and on");
    assertEquals(130, process.exitValue());
    assertEquals(1, NODE.node().loadstar("inspect", reference("never")).run().status());
  }

  /** An optimization whose workload has read a file and is waiting. */
  private Process started(String tag, String wait) throws Exception {
    // Tests that run in the background have SIGINT ignored, and so has what they start.
    List<String> words = new ArrayList<>(List.of("env", "--default-signal=INT"));
    words.addAll(
        optimize(tag, "--period", "0", "--", "sh", "-c", "cat /data/changed; " + wait).words());
    ProcessBuilder builder = new ProcessBuilder(words).redirectErrorStream(true);
    builder.environment().put("TMPDIR", work.toString());
    Process process = builder.redirectOutput(log(tag).toFile()).start();
    awaitSaid(tag, "| before");
    return process;
  }

  private static void awaitSaid(String tag, String text) throws Exception {
    Path log = log(tag);
    Deadline.await(LIMIT, text, () -> Files.readString(log, UTF_8).contains(text));
  }

  private static Path log(String tag) {
    return NODE.node().scratch().resolve(tag + ".log");
  }

  private static void kill(String signal, Process process) throws Exception {
    Program.of("kill", "-" + signal, Long.toString(process.pid())).run();
  }

  @Test
  void aWorkloadThatFailsChangesNothing() throws Exception {
    Finished done = optimize("failed", "--", "sh", "-c", "echo no such thing; exit 3").run();
    assertEquals(1, done.status());
    assertTrue(
        done.err().contains("workload: ended with status 3 (its last line: no such thing)"),
        done::err);
    assertEquals(1, NODE.node().loadstar("inspect", reference("failed")).run().status());
    optimize("tolerated", "--any-status", "--", "sh", "-c", "cat /data/changed; exit 3").output();
    assertEquals(List.of("data/changed"), first(inspected("tolerated"), FILES));
  }

  @Test
  void aProgramThatIsNotThereIsSaidToBe() throws Exception {
    Finished done = optimize("absent", "--", "/no/such/program").run();
    assertEquals(1, done.status());
    assertTrue(done.err().contains("/no/such/program"), done::err);
    assertEquals(1, done.err().lines().filter(line -> line.startsWith("loadstar: ")).count());
  }

  @Test
  void theWorkloadRunsAsItIsTold() throws Exception {
    Path here = Files.createDirectory(work.resolveSibling("shared"));
    Files.writeString(here.resolve("file"), "from outside\n");
    Finished done =
        optimize(
                "choices",
                "--entrypoint",
                "sh",
                "--env",
                "WORD=spoken",
                "--cwd",
                "/data/below",
                "--run-as",
                "1234:5678",
                "--mount",
                "type=bind,src=" + here + ",dst=/outside,options=ro",
                "--",
                "-c",
                "echo $WORD; cat deeper/file /outside/file; stat -L -c %u:%g /proc/self; ls")
            .run();
    assertEquals(
        List.of("| spoken", "| deep", "| from outside", "| 1234:5678", "| deeper"),
        done.succeeded().err().lines().filter(line -> line.startsWith("| ")).toList());
    assertEquals(List.of("data/below/deeper/file"), first(inspected("choices"), FILES));
  }
}
