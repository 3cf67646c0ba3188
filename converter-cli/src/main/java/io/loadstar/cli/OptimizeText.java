package io.loadstar.cli;

import io.loadstar.optimize.ReadOrder;
import io.loadstar.optimize.Recording;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The result of an optimization, for people and as a document. Immutable. */
record OptimizeText(ConversionText conversion, ReadOrder order, Optional<Recording> recording) {

  /** The document that {@code --json} prints. */
  record Document(
      String image,
      String digest,
      String sourceDigest,
      int recordedFiles,
      @Nullable Run run,
      java.util.List<ConversionText.Image> images,
      long milliseconds) {}

  /** The run in the document; null where a record was read instead. */
  record Run(String ended, int exitStatus, long milliseconds, long bytes, long dropped) {}

  Document document() {
    ConversionText.Document converted = conversion.document();
    return new Document(
        converted.image(),
        converted.digest(),
        converted.sourceDigest(),
        order.files().size(),
        recording.map(OptimizeText::run).orElse(null),
        converted.images(),
        converted.milliseconds());
  }

  private static Run run(Recording recording) {
    return new Run(
        recording.end().reason().name().toLowerCase(Locale.ROOT),
        recording.end().exitStatus(),
        recording.end().after().toMillis(),
        recording.bytes(),
        recording.dropped());
  }

  String summary() {
    return conversion.summary() + "; " + order.files().size() + " files first";
  }
}
