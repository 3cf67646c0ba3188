package io.loadstar.cli;

import io.loadstar.inspect.Count;
import io.loadstar.inspect.Finding;
import io.loadstar.inspect.ImageVerifier;
import io.loadstar.inspect.VerifiedLayer;
import java.io.IOException;
import java.util.List;
import java.util.stream.Collectors;

/** One {@code loadstar verify}: what was said on the command line, checked. Immutable. */
final class VerifyRun {

  private static final int SHORT_HEX = 12;

  private final LookInside image;

  VerifyRun(LookInside image) {
    this.image = image;
  }

  /** The result: the document that {@code --json} prints. */
  record Document(String image, String digest, boolean verified, List<Layer> layers) {

    String text() {
      long claims = layers.stream().mapToLong(layer -> layer.checked().size()).sum();
      List<String> lines =
          layers.stream()
              .flatMap(
                  layer -> layer.findings().stream().map(finding -> line(layer.digest(), finding)))
              .collect(Collectors.toList());
      lines.add(
          image
              + "@"
              + digest
              + ": "
              + (lines.isEmpty()
                  ? "verified: "
                      + new Count(layers.size(), "layer")
                      + ", "
                      + new Count(claims, "claim")
                  : "NOT what it claims: " + lines.size() + " findings"));
      return String.join(System.lineSeparator(), lines);
    }

    private static String line(String layer, Wrong finding) {
      return "layer "
          + layer
          + ": "
          + finding.claim()
          + (finding.offset() < 0 ? "" : ": wrong from byte " + finding.offset())
          + ": "
          + InspectText.printable(finding.message());
    }
  }

  /** A layer in the document. */
  record Layer(
      String digest, long size, String format, List<String> checked, List<Wrong> findings) {}

  /** What isn't true, in the document; an offset of -1 is none. */
  record Wrong(String claim, long offset, String message) {}

  Document run(Progress progress) throws IOException, CommandException {
    return image.run((source, picked) -> {
      List<VerifiedLayer> layers =
          ImageVerifier.verify(source, picked, layer -> progress.step(step(layer)));
      return new Document(
          image.toString(),
          picked.document().digest().toString(),
          layers.stream().allMatch(layer -> layer.findings().isEmpty()),
          layers.stream().map(VerifyRun::layer).toList());
    });
  }

  private static String step(VerifiedLayer layer) {
    return "layer "
        + layer.descriptor().digest().hex().substring(0, SHORT_HEX)
        + (layer.findings().isEmpty()
            ? "  verified (" + ByteCount.text(layer.descriptor().size()) + ")"
            : "  isn't what it claims");
  }

  private static Layer layer(VerifiedLayer layer) {
    return new Layer(
        layer.descriptor().digest().toString(),
        layer.descriptor().size(),
        layer.format().orElse("ordinary"),
        layer.checked().stream().sorted().map(Finding.Claim::words).toList(),
        layer.findings().stream()
            .map(each -> new Wrong(each.claim().words(), each.offset(), each.message()))
            .toList());
  }
}
