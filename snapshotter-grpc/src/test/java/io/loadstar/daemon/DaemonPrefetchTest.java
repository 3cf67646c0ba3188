package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.build.BuildOptions;
import io.loadstar.build.PrioritizedFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a start costs in requests of which one waits for the other. */
final class DaemonPrefetchTest {

  private static final String NOTHING_IN_THE_BACKGROUND = "no_background_fetch = true\n";

  @TempDir Path folder;

  @SuppressWarnings("NullAway.Init") // made before each test, unless that is skipped
  private DaemonNode node;

  @BeforeEach
  void start() throws Exception {
    node = DaemonNode.start(folder, NOTHING_IN_THE_BACKGROUND);
  }

  @AfterEach
  void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  private int requests() {
    return node.registry.requests().size();
  }

  private void isRead(TestLayer layer, String name, String file) throws Exception {
    assertArrayEquals(
        Files.readAllBytes(layer.tree().resolve(file)),
        Files.readAllBytes(node.fs(name).resolve(file)));
  }

  /** Each layer's prefetch depends on its opening, and nothing that is read on either. */
  @Test
  void aStartOfPrioritizedLayersWaitsForOneRequestBehindTheOneThatOpensThem() throws Exception {
    BuildOptions options =
        BuildOptions.DEFAULT.withPrioritized(
            PrioritizedFiles.ofList(List.of("usr/lib/deep", "small")));
    TestLayer lower = node.layer(options);
    TestLayer upper = node.layer(options);
    String one = node.prepareRemote(lower, "", upper);
    String two = node.prepareRemote(upper, one);
    node.client.prepare("container", two, Map.of()); // which waits for what is prefetched
    assertEquals(4, requests(), node.registry.lines()::toString);
    for (String file : List.of("small", "usr/lib/deep", "usr/hard", "link")) {
      isRead(lower, one, file);
      isRead(upper, two, file);
    }
    assertEquals(4, requests(), node.registry.lines()::toString);
    isRead(upper, two, "large");
    assertTrue(requests() > 4, "what wasn't prioritized isn't there");
  }

  @Test
  void whatAStartReadIsThereWhenTheLayerIsMountedTheNextTime() throws Exception {
    TestLayer layer = node.layer(BuildOptions.DEFAULT);
    String name = node.prepareRemote(layer, "");
    isRead(layer, name, "large");
    node.client.remove(name);
    node.client.cleanup();
    assertEquals(0, node.daemon.terminate());
    DaemonNode.run("rm", "-r", folder.resolve("root/content").toString());
    node.restart(NOTHING_IN_THE_BACKGROUND);
    int before = requests();
    String again = node.prepareRemote(layer, "");
    node.client.prepare("container", again, Map.of());
    assertEquals(before + 2, requests(), node.registry.lines()::toString);
    isRead(layer, again, "large");
    assertEquals(before + 2, requests(), node.registry.lines()::toString);
  }
}
