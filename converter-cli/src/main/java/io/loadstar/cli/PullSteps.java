package io.loadstar.cli;

import io.loadstar.pull.LayerOutcome;
import io.loadstar.pull.PullListener;
import io.loadstar.pull.PullRequest;
import io.loadstar.pull.PulledLayer;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/** Tells how a pull gets on: a line for each layer, and a bar while one is downloaded. */
final class PullSteps implements PullListener {

  private static final int SHORT_HEX = 12;

  private final PullRequest request;
  private final Progress progress;
  private final Map<PulledLayer, Progress.Bar> bars = new ConcurrentHashMap<>();

  PullSteps(PullRequest request, Progress progress) {
    this.request = request;
    this.progress = progress;
  }

  @Override
  public void downloadStarted(PulledLayer layer) {
    bars.put(layer, progress.bar(layer.digest().hex().substring(0, SHORT_HEX), layer.size()));
  }

  @Override
  public void downloaded(PulledLayer layer, long bytes) {
    Progress.Bar bar = bars.get(layer);
    if (bar != null) {
      bar.advance(bytes);
    }
  }

  @Override
  public void downloadEnded(PulledLayer layer) {
    Progress.Bar bar = bars.remove(layer);
    if (bar != null) {
      bar.close();
    }
  }

  @Override
  public void layerReady(LayerOutcome layer) {
    progress.step("layer " + layer.digest().hex().substring(0, SHORT_HEX) + "  " + said(layer));
  }

  private String said(LayerOutcome layer) {
    return switch (layer.state()) {
      case LAZY -> "lazy (" + ByteCount.text(layer.size()) + ")";
      case PRESENT -> "here already, unpacked (" + ByteCount.text(layer.size()) + ")";
      case FETCHED ->
          "fetched whole by the snapshotter (" + ByteCount.text(layer.size()) + ")" + why();
      case UNPACKED -> downloaded(layer) + why();
    };
  }

  private static String downloaded(LayerOutcome layer) {
    return layer.downloaded() == 0
        ? "unpacked from the content store (" + ByteCount.text(layer.size()) + ")"
        : "downloaded (" + ByteCount.text(layer.downloaded()) + ")";
  }

  private String why() {
    return request.ordinarySnapshotter()
        ? ""
        : ", not lazy: loadstar why " + request.image() + " says why";
  }
}
