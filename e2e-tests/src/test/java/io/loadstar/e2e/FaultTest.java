package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.rig.Ctr;
import io.loadstar.rig.Deadline;
import io.loadstar.rig.Finished;
import io.loadstar.rig.ImageLayout;
import io.loadstar.rig.LocalRegistry;
import io.loadstar.rig.PrivateNode;
import io.loadstar.rig.ProcessTable;
import io.loadstar.rig.Program;
import io.loadstar.rig.StallingRelay;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A registry that lies or falls silent: errors and patience, never wrong data. */
class FaultTest {

  // Only reads may fetch here: what comes without being asked for would be there already when the
  // fault begins.
  @RegisterExtension
  static final NodeExtension NODE = new NodeExtension("no_background_fetch = true\n");

  private static final int STALLED_READS = 32;
  private static final Duration PROMPT = Duration.ofSeconds(5);
  private static final Duration FAILURE_FORGOTTEN = Duration.ofSeconds(30);
  private static final int FILE_BYTES = 1 << 20;

  @Test
  void aSpoiledBlobGivesAnErrorAndNeverWrongData() throws Exception {
    PrivateNode node = NODE.node();
    Path trees = Files.createTempDirectory(node.scratch(), "spoiled.");
    Path tree = Files.createDirectory(trees.resolve("tree"));
    byte[] bytes = randomFile(tree.resolve("data"), 1);
    Files.writeString(tree.resolve("other"), "intact\n");
    SampleImage image = pushed(node, trees, tree, "spoiled");
    Path layout = trees.resolve("converted");
    node.copy(image.lazy(), "oci:" + layout + ":" + SampleImage.CONVERTED);
    Path blob =
        node.registry()
            .blobFile(new ImageLayout(layout).layers(SampleImage.CONVERTED).getFirst().digest());
    Ctr ctr = node.ctr().in("spoiled");
    node.pullLazily(ctr, image.lazy());
    Path mounted = Files.createDirectory(trees.resolve("mounted"));
    ctr.mount(PrivateNode.SNAPSHOTTER, mounted);
    try {
      long middle = Files.size(blob) / 2; // random bytes don't compress: data's own
      flip(blob, middle);

      Finished read = Program.of("cat", mounted.resolve("data").toString()).run();

      assertNotEquals(0, read.status());
      assertTrue(read.err().contains("Input/output error"), read::err);
      assertEquals("", read.out());
      assertEquals("intact\n", Files.readString(mounted.resolve("other")));

      // Whole again: had anything wrong been kept, it would be served now. A failure is remembered
      // for a moment, so that many readers of a bad range don't ask for it again and again.
      flip(blob, middle);
      Path data = mounted.resolve("data");
      Deadline.await(
          FAILURE_FORGOTTEN,
          "the file can be read again",
          () -> Program.of("cat", data.toString()).run().status() == 0);
      assertEquals(Digest.of(bytes), digestOf(data));
    } finally {
      ctr.unmount(PrivateNode.SNAPSHOTTER, mounted);
    }
  }

  @Test
  void withManyReadsStalledTheRestOfTheTreeStillAnswers() throws Exception {
    PrivateNode node = NODE.node();
    Path trees = Files.createTempDirectory(node.scratch(), "stalled.");
    Path tree = Files.createDirectory(trees.resolve("tree"));
    for (int i = 0; i < STALLED_READS; i++) {
      randomFile(tree.resolve("file-" + i), i);
    }
    Files.createDirectory(tree.resolve("never-looked-at"));
    Files.writeString(tree.resolve("never-looked-at/name"), "x");
    SampleImage image = pushed(node, trees, tree, "stalled");
    Path mounted = Files.createDirectory(trees.resolve("mounted"));
    Ctr ctr = node.ctr().in("stalled");
    try (StallingRelay relay = StallingRelay.start(node.registry().address())) {
      String reference = image.lazy().replace(node.registry().address(), relay.address());
      node.pullLazily(ctr, reference);
      ctr.mount(PrivateNode.SNAPSHOTTER, mounted);
      try {
        relay.stall();
        List<Process> readers = startReaders(mounted);
        try {
          Deadline.await(
              Duration.ofSeconds(20),
              "all readers wait for the registry",
              () -> relay.held() > 0 && readers.stream().allMatch(FaultTest::waits));

          Finished listing =
              Program.of("ls", "-lR", mounted.toString()).within(PROMPT).run().succeeded();

          assertTrue(listing.out().contains("name"), listing::out);
          assertTrue(readers.stream().allMatch(Process::isAlive), "a reader didn't wait");
          relay.release();
          for (Process reader : readers) {
            assertTrue(reader.waitFor(60, TimeUnit.SECONDS), "a reader still waits");
            assertEquals(0, reader.exitValue());
          }
        } finally {
          readers.forEach(Process::destroyForcibly);
        }
        for (int i = 0; i < STALLED_READS; i++) {
          assertEquals(digestOf(tree.resolve("file-" + i)), digestOf(mounted.resolve("file-" + i)));
        }
      } finally {
        relay.release();
        ctr.unmount(PrivateNode.SNAPSHOTTER, mounted);
      }
    }
  }

  @Test
  void aReaderWaitsForARegistryThatIsStartedAgain() throws Exception {
    PrivateNode node = NODE.node();
    Path trees = Files.createTempDirectory(node.scratch(), "restarted.");
    Path tree = Files.createDirectory(trees.resolve("tree"));
    byte[] bytes = randomFile(tree.resolve("data"), 1);
    SampleImage image = pushed(node, trees, tree, "restarted");
    Path storage = Files.createDirectory(trees.resolve("registry"));
    Path mounted = Files.createDirectory(trees.resolve("mounted"));
    Ctr ctr = node.ctr().in("restarted");
    String address;
    try (LocalRegistry first = LocalRegistry.start(storage)) {
      address = first.address();
      String reference = first.reference("restarted", SampleImage.CONVERTED);
      node.copy(image.lazy(), reference);
      node.pullLazily(ctr, reference);
      ctr.mount(PrivateNode.SNAPSHOTTER, mounted);
    }
    try {
      Process reader = Program.of("cmp", mounted + "/data", tree + "/data").start();
      try {
        Deadline.await(
            Duration.ofSeconds(20),
            "the log says why the reader waits",
            () -> node.snapshotterLog().contains(address + " fails, and is tried again"));
        assertTrue(reader.isAlive(), "the reader didn't wait");
        try (LocalRegistry second = LocalRegistry.start(storage, address)) {
          assertEquals(address, second.address());
          assertTrue(reader.waitFor(60, TimeUnit.SECONDS), "the reader still waits");
          assertEquals(0, reader.exitValue());
          assertEquals(Digest.of(bytes), digestOf(mounted.resolve("data")));
        }
      } finally {
        reader.destroyForcibly();
      }
    } finally {
      ctr.unmount(PrivateNode.SNAPSHOTTER, mounted);
    }
  }

  private static List<Process> startReaders(Path mounted) throws Exception {
    List<Process> readers = new ArrayList<>();
    for (int i = 0; i < STALLED_READS; i++) {
      String file = mounted.resolve("file-" + i).toString();
      readers.add(Program.of("dd", "if=" + file, "of=/dev/null", "bs=64K", "status=none").start());
    }
    return readers;
  }

  /** Sleeps in a system call: the kernel names its number then, and "running" otherwise. */
  private static boolean waits(Process process) {
    try {
      char state = ProcessTable.state(process.pid());
      String call = Files.readString(Path.of("/proc", Long.toString(process.pid()), "syscall"));
      return (state == 'S' || state == 'D') && !call.startsWith("running");
    } catch (IOException e) {
      return false;
    }
  }

  private static SampleImage pushed(PrivateNode node, Path trees, Path tree, String repository)
      throws Exception {
    ImageLayout layout = ImageLayout.create(trees.resolve("layout"));
    layout.image(SampleImage.TAG, List.of(layout.pack(tree)), List.of("none"));
    return SampleImage.pushed(node, repository, layout);
  }

  private static byte[] randomFile(Path file, long seed) throws Exception {
    byte[] bytes = new byte[FILE_BYTES];
    new Random(seed).nextBytes(bytes);
    Files.write(file, bytes);
    return bytes;
  }

  private static Digest digestOf(Path file) throws Exception {
    return Digest.of(Files.readAllBytes(file));
  }

  private static void flip(Path file, long offset) throws Exception {
    try (RandomAccessFile bytes = new RandomAccessFile(file.toFile(), "rw")) {
      bytes.seek(offset);
      int before = bytes.read();
      bytes.seek(offset);
      bytes.write(before ^ 0xff);
    }
  }
}
