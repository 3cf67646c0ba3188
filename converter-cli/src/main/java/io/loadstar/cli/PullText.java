package io.loadstar.cli;

import io.loadstar.pull.LayerOutcome;
import io.loadstar.pull.LayerOutcome.State;
import io.loadstar.pull.PullReport;
import io.loadstar.pull.PullRequest;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** The result of a pull, for people and as a document. Immutable. */
record PullText(PullRequest request, PullReport report) {

  /** The document that {@code --json} prints. */
  record Document(
      String image,
      String digest,
      String snapshotter,
      List<Layer> layers,
      long downloadedBytes,
      long milliseconds) {}

  /** A layer in the document. */
  record Layer(String digest, long size, String state, long downloadedBytes) {}

  Document document() {
    return new Document(
        request.image().toString(),
        report.target().toString(),
        request.snapshotter(),
        report.layers().stream().map(PullText::layer).toList(),
        report.downloaded(),
        report.elapsed().toMillis());
  }

  String summary() {
    List<String> parts = new ArrayList<>();
    for (State state : State.values()) {
      long count = report.count(state);
      if (count > 0) {
        parts.add(count + " " + state.name().toLowerCase(Locale.ROOT));
      }
    }
    return String.format(
        Locale.ROOT,
        "%s@%s: layers: %s; %s downloaded in %.1f s",
        request.image().name(),
        report.target(),
        parts.isEmpty() ? "none" : String.join(", ", parts),
        ByteCount.text(report.downloaded()),
        report.elapsed().toMillis() / 1000.0);
  }

  private static Layer layer(LayerOutcome layer) {
    return new Layer(
        layer.digest().toString(),
        layer.size(),
        layer.state().name().toLowerCase(Locale.ROOT),
        layer.downloaded());
  }
}
