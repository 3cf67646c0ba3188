package io.loadstar.scenario;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.loadstar.blob.Digest;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * An image as containerd's CRI plugin asks a snapshotter to prepare it: the labels of each layer,
 * the lowest first. Immutable. Source: containerd, pkg/snapshotters, annotations.go.
 *
 * @param layers of each its labels, but for the image's reference
 */
record PreparedImage(List<Map<String, String>> layers) {

  static final String CHAIN = "containerd.io/snapshot.ref";

  private static final ObjectMapper JSON = new ObjectMapper();
  private static final String CRI = "containerd.io/snapshot/cri.";
  private static final String INHERITED = "containerd.io/snapshot/";
  private static final String MANIFEST = "application/vnd.oci.image.manifest.v1+json";

  PreparedImage {
    layers = List.copyOf(layers);
  }

  /**
   * Reads it from a registry without encryption.
   *
   * @param origin host and port
   */
  static PreparedImage of(String origin, String repository, String tag)
      throws IOException, InterruptedException {
    String base = "http://" + origin + "/v2/" + repository;
    JsonNode manifest = get(base + "/manifests/" + tag);
    JsonNode config = get(base + "/blobs/" + manifest.at("/config/digest").asText());
    List<String> digests = new ArrayList<>();
    manifest.get("layers").forEach(layer -> digests.add(layer.get("digest").asText()));
    List<Map<String, String>> layers = new ArrayList<>();
    String chain = "";
    for (int i = 0; i < digests.size(); i++) {
      String diffId = config.at("/rootfs/diff_ids/" + i).asText();
      chain = chain.isEmpty() ? diffId : digest(chain + " " + diffId);
      Map<String, String> labels = new TreeMap<>();
      manifest
          .at("/layers/" + i + "/annotations")
          .properties()
          .forEach(note -> {
            if (note.getKey().startsWith(INHERITED)) {
              labels.put(note.getKey(), note.getValue().asText());
            }
          });
      labels.put(CHAIN, chain);
      labels.put(CRI + "layer-digest", digests.get(i));
      labels.put(CRI + "image-layers", String.join(",", digests.subList(i, digests.size())));
      layers.add(labels);
    }
    return new PreparedImage(layers);
  }

  private static String digest(String text) {
    return Digest.of(text.getBytes(StandardCharsets.US_ASCII)).toString();
  }

  private static JsonNode get(String url) throws IOException, InterruptedException {
    try (HttpClient http = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(URI.create(url)).header("Accept", MANIFEST).build();
      return JSON.readTree(http.send(request, HttpResponse.BodyHandlers.ofByteArray()).body());
    }
  }

  /** The labels of one layer, for an image of that reference. */
  Map<String, String> labels(int layer, String reference) {
    Map<String, String> labels = new TreeMap<>(layers.get(layer));
    labels.put(CRI + "image-ref", reference);
    return labels;
  }
}
