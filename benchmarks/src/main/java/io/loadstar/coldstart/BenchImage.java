package io.loadstar.coldstart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.loadstar.rig.PrivateNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

/**
 * An image in a node's registry, in one or two versions, each as it was packed, converted, and
 * converted with what its workload reads in front. Immutable.
 *
 * @param name also the repository
 * @param bytes compressed size of its layers as packed
 * @param wanted compressed bytes of what lies before the landmarks of the prioritized one: what its
 *     workload needs
 * @param ready the line of its output that people wait for; empty if they wait for its end
 * @param versions how many it has: 1 or 2
 */
record BenchImage(String name, long bytes, long wanted, String ready, int versions) {

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration LIMIT = Duration.ofMinutes(10);

  /** How an image is kept in the registry: its tag, without the version. */
  enum Form {
    ORDINARY,
    PLAIN,
    PRIORITIZED;

    String tag(int version) {
      return name().toLowerCase(Locale.ROOT) + "-" + version;
    }
  }

  /**
   * Pushes all versions in all forms. The second version is laid out by what the first has read, as
   * people would.
   *
   * @param archives has NAME.tar, and NAME-2.tar if there is a second version: OCI layouts of one
   *     image each
   * @param ready the line of its output that people wait for; empty for its end
   */
  static BenchImage pushed(PrivateNode node, Path archives, String name, String ready)
      throws IOException, InterruptedException, TimeoutException {
    Path reads = node.scratch().resolve(name + ".reads");
    int versions = Files.exists(archives.resolve(name + "-2.tar")) ? 2 : 1;
    for (int version = 1; version <= versions; version++) {
      Path archive = archives.resolve(version == 1 ? name + ".tar" : name + "-2.tar");
      String ordinary = reference(node, name, Form.ORDINARY, version);
      call(node, "copy", "oci-archive:" + archive, ordinary);
      call(node, "convert", ordinary, reference(node, name, Form.PLAIN, version));
      if (version == 1) {
        record(node, name, ready, reads);
        continue;
      }
      call(
          node,
          "optimize",
          "--record-in",
          reads.toString(),
          ordinary,
          reference(node, name, Form.PRIORITIZED, version));
    }
    JsonNode packed = inspect(node, reference(node, name, Form.ORDINARY, 1));
    JsonNode prioritized = inspect(node, reference(node, name, Form.PRIORITIZED, 1));
    return new BenchImage(name, packed.path("size").asLong(), wanted(prioritized), ready, versions);
  }

  /** Sees what the first version's workload reads. That lays it out at once. */
  private static void record(PrivateNode node, String name, String ready, Path reads)
      throws IOException, InterruptedException, TimeoutException {
    List<String> words = new ArrayList<>(List.of("optimize", "--record-out", reads.toString()));
    words.addAll(List.of("--address", node.containerdSocket().toString()));
    words.addAll(ready.isEmpty() ? List.of("--period", "300") : List.of("--until-line", ready));
    words.add(reference(node, name, Form.ORDINARY, 1));
    words.add(reference(node, name, Form.PRIORITIZED, 1));
    call(node, words.toArray(String[]::new));
  }

  private static void call(PrivateNode node, String... words)
      throws IOException, InterruptedException, TimeoutException {
    node.loadstar(words).within(LIMIT).output();
  }

  private static JsonNode inspect(PrivateNode node, String reference)
      throws IOException, InterruptedException, TimeoutException {
    return JSON.readTree(node.loadstar("inspect", "--json", reference).output());
  }

  private static long wanted(JsonNode image) {
    long wanted = 0;
    for (JsonNode layer : image.path("layers")) {
      wanted += layer.path("lazy").path("prefetchBytes").asLong();
    }
    return wanted;
  }

  private static String reference(PrivateNode node, String name, Form form, int version) {
    return node.registry().reference(name, form.tag(version));
  }

  /** Its reference behind {@code address}. */
  String at(String address, Form form, int version) {
    return address + "/" + name + ":" + form.tag(version);
  }
}
