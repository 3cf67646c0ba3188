package io.loadstar.cli;

import io.loadstar.build.Compressor;
import io.loadstar.convert.ConversionReport;
import io.loadstar.convert.LayerReport;
import io.loadstar.convert.LayerReport.State;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** The result of a conversion, for people and as a document. Immutable. */
record ConversionText(
    String image, Compressor compressor, ConversionReport report, Duration elapsed) {

  /** The document that {@code --json} prints. */
  record Document(
      String image,
      String digest,
      String sourceDigest,
      Compressor compressor,
      List<Image> images,
      long milliseconds) {}

  /** An image in the document. */
  record Image(String platform, String digest, String sourceDigest, List<Layer> layers) {}

  /** A layer in the document. */
  record Layer(
      String state,
      String sourceDigest,
      long sourceSize,
      String digest,
      long size,
      @Nullable String tocDigest) {}

  Document document() {
    return new Document(
        image,
        report.result().toString(),
        report.source().toString(),
        compressor,
        report.images().stream().map(ConversionText::image).toList(),
        elapsed.toMillis());
  }

  String summary() {
    List<LayerReport> layers =
        report.images().stream().flatMap(each -> each.layers().stream()).distinct().toList();
    List<String> parts = new ArrayList<>();
    for (State state : State.values()) {
      long count = layers.stream().filter(layer -> layer.state() == state).count();
      if (count > 0) {
        parts.add(count + " " + state.name().toLowerCase(Locale.ROOT));
      }
    }
    return String.format(
        Locale.ROOT,
        "%s@%s: layers: %s; %s became %s in %.1f s",
        image,
        report.result(),
        parts.isEmpty() ? "none" : String.join(", ", parts),
        ByteCount.text(layers.stream().mapToLong(layer -> layer.before().size()).sum()),
        ByteCount.text(layers.stream().mapToLong(layer -> layer.after().size()).sum()),
        elapsed.toMillis() / 1000.0);
  }

  private static Image image(ConversionReport.Image image) {
    return new Image(
        image.platform(),
        image.after().toString(),
        image.before().toString(),
        image.layers().stream().map(ConversionText::layer).toList());
  }

  private static Layer layer(LayerReport layer) {
    return new Layer(
        layer.state().name().toLowerCase(Locale.ROOT),
        layer.before().digest().toString(),
        layer.before().size(),
        layer.after().digest().toString(),
        layer.after().size(),
        layer.tocDigest().map(Object::toString).orElse(null));
  }
}
