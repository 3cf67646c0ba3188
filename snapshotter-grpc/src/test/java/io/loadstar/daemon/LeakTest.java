package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.snapshot.SnapshotException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images come and go on a node for months: nothing of them may stay behind. */
final class LeakTest {

  private static final int FULL_ROUNDS = 1000;
  private static final int BOUNDED_ROUNDS = 50;

  /** After which everything has been loaded, and opened once. */
  private static final int FIRST_ROUNDS = 5;

  /** Connections to the registry come and go by themselves. */
  private static final long TOLERANCE = 5;

  @TempDir Path folder;

  @Test
  void whatIsMadeAndRemovedLeavesNothing() throws Exception {
    int rounds = Boolean.getBoolean("loadstar.full") ? FULL_ROUNDS : BOUNDED_ROUNDS;
    if (rounds < FULL_ROUNDS) {
      System.out.println(
          "bounded: rounds of making and removing snapshots: " + rounds + " of " + FULL_ROUNDS);
    }
    try (DaemonNode node = DaemonNode.start(folder)) {
      TestLayer one = node.layer();
      TestLayer two = node.layer();
      for (int i = 0; i < FIRST_ROUNDS; i++) {
        round(node, one, two);
      }
      long before = node.daemon.openFiles();
      for (int i = 0; i < rounds; i++) {
        round(node, one, two);
      }
      long after = node.daemon.openFiles();
      assertTrue(after <= before + TOLERANCE, before + " files open before, " + after + " after");
      assertEquals(List.of(), node.mounts());
      assertEquals(0, count("root/snapshotter/snapshots"));
      assertEquals(0, count("root/layers"));
      assertEquals(List.of(), node.client.list(List.of()));
    }
  }

  private static void round(DaemonNode node, TestLayer one, TestLayer two)
      throws SnapshotException, IOException {
    String lower = node.prepareRemote(one, "", two);
    String upper = node.prepareRemote(two, lower);
    node.client.prepare("container", upper, Map.of());
    node.client.mounts("container");
    Files.readAllBytes(node.fs(upper).resolve("small"));
    for (String name : List.of("container", upper, lower)) {
      node.client.remove(name);
    }
    node.client.cleanup();
  }

  private long count(String directory) throws IOException {
    try (Stream<Path> files = Files.list(folder.resolve(directory))) {
      return files.count();
    }
  }
}
