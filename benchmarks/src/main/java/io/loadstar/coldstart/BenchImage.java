package io.loadstar.coldstart;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.loadstar.rig.PrivateNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.TimeoutException;

/**
 * An image in a node's registry, in two versions, each as it was packed, converted, and converted
 * with what its workload reads in front. Immutable.
 *
 * @param name also the repository
 * @param bytes compressed size of its layers as packed
 * @param wanted compressed bytes of what lies before the landmarks of the prioritized one: what its
 *     workload needs
 */
record BenchImage(String name, long bytes, long wanted) {

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
   * Pushes both versions in all forms. The second version is laid out by what the first has read,
   * as people would.
   *
   * @param archives has NAME.tar and NAME-2.tar, OCI layouts with the tag v1
   */
  static BenchImage pushed(PrivateNode node, Path archives, String name)
      throws IOException, InterruptedException, TimeoutException {
    Path reads = node.scratch().resolve(name + ".reads");
    for (int version = 1; version <= 2; version++) {
      Path archive = archives.resolve(version == 1 ? name + ".tar" : name + "-2.tar");
      if (!Files.exists(archive)) {
        throw new IOException("no image " + archive + "; bin/bench makes it");
      }
      String ordinary = reference(node, name, Form.ORDINARY, version);
      call(node, "copy", "oci-archive:" + archive, ordinary);
      call(node, "convert", ordinary, reference(node, name, Form.PLAIN, version));
      optimize(node, name, version, reads);
    }
    JsonNode packed = inspect(node, reference(node, name, Form.ORDINARY, 1));
    JsonNode prioritized = inspect(node, reference(node, name, Form.PRIORITIZED, 1));
    return new BenchImage(name, packed.path("size").asLong(), wanted(prioritized));
  }

  private static void optimize(PrivateNode node, String name, int version, Path reads)
      throws IOException, InterruptedException, TimeoutException {
    String from = reference(node, name, Form.ORDINARY, version);
    String to = reference(node, name, Form.PRIORITIZED, version);
    String socket = node.containerdSocket().toString();
    if (version == 1) {
      call(
          node,
          "optimize",
          "--address",
          socket,
          "--until-line",
          "ready",
          "--record-out",
          reads.toString(),
          from,
          to);
    } else {
      call(node, "optimize", "--record-in", reads.toString(), from, to);
    }
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
      wanted += layer.path("lazy").path("prefetchEnd").asLong();
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
