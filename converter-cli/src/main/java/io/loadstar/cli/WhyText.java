package io.loadstar.cli;

import io.loadstar.pull.LayerStanding;
import io.loadstar.pull.Standing;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** How layers are there, for people and as a document. Immutable. */
record WhyText(String subject, Standing standing) {

  private static final int SHORT_HEX = 12;
  private static final String ROW = "%-12s  %-8s  %s";

  /** The document that {@code --json} prints. */
  record Document(String subject, String snapshotter, List<Layer> layers) {}

  /** A layer in the document. */
  record Layer(String digest, String chainId, String state, String reason) {}

  Document document() {
    return new Document(
        subject,
        standing.snapshotter(),
        standing.layers().stream()
            .map(layer -> new Layer(layer.digest(), layer.chainId(), state(layer), layer.reason()))
            .toList());
  }

  String table() {
    String rows =
        standing.layers().stream()
            .map(layer ->
                "\n" + ROW.formatted(shown(layer), state(layer), layer.reason()).stripTrailing())
            .collect(Collectors.joining());
    long lazy =
        standing.layers().stream()
            .filter(layer -> layer.state() == LayerStanding.State.LAZY)
            .count();
    return "%s: %d of %d layers lazy (snapshotter %s)\n%s%s"
        .formatted(
            subject,
            lazy,
            standing.layers().size(),
            standing.snapshotter(),
            ROW.formatted("LAYER", "STATE", "WHY NOT LAZY"),
            rows);
  }

  private static String state(LayerStanding layer) {
    return layer.state().name().toLowerCase(Locale.ROOT);
  }

  /** A blob's digest, or the chain ID where that is all that is known. */
  private static String shown(LayerStanding layer) {
    String name = layer.digest().isEmpty() ? layer.chainId() : layer.digest();
    String hex = name.substring(name.indexOf(':') + 1);
    return hex.substring(0, Math.min(SHORT_HEX, hex.length()));
  }
}
