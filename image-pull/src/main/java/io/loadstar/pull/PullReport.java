package io.loadstar.pull;

import io.loadstar.blob.Digest;
import java.time.Duration;
import java.util.List;

/**
 * What a pull did. Immutable.
 *
 * @param target the digest of the index or manifest that the image's name points to now
 * @param layers what became of each layer, lowest first
 * @param elapsed how long it took
 */
public record PullReport(Digest target, List<LayerOutcome> layers, Duration elapsed) {

  public PullReport {
    layers = List.copyOf(layers);
  }

  /** How many layers came to be in this way. */
  public long count(LayerOutcome.State state) {
    return layers.stream().filter(layer -> layer.state() == state).count();
  }

  /** How many bytes of layers were downloaded. */
  public long downloaded() {
    return layers.stream().mapToLong(LayerOutcome::downloaded).sum();
  }
}
