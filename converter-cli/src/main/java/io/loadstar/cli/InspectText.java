package io.loadstar.cli;

import io.loadstar.inspect.BlobPlan;
import io.loadstar.inspect.Count;
import io.loadstar.inspect.InspectedImage;
import io.loadstar.inspect.InspectedLayer;
import io.loadstar.inspect.SizeTree;
import io.loadstar.inspect.StoredFile;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** What is in an image, for people and as a document. Immutable. */
record InspectText(
    String image, InspectedImage inspected, Files shown, @Nullable SizeTree tree, int depth) {

  /** Which files the text names. */
  enum Files {
    NONE,
    PRIORITIZED
  }

  private static final int SHORT_HEX = 12;

  /** What is smaller isn't shown in the tree, as a part of the whole. */
  private static final double LEAST_SHARE = 0.002;

  /** The document that {@code --json} prints. */
  record Document(
      String image,
      String digest,
      String configDigest,
      String platform,
      long size,
      List<Layer> layers,
      @Nullable List<Directory> tree) {}

  /** A layer in the document. */
  record Layer(
      String digest,
      String mediaType,
      long size,
      String diffId,
      String format,
      @Nullable String tocDigest,
      String trust,
      @Nullable Lazy lazy) {}

  /** What a TOC says, in the document. */
  record Lazy(
      int entries,
      long contentBytes,
      long tocOffset,
      @Nullable Long prefetchEnd,
      long prefetchBytes,
      List<StoredFile> prefetched,
      List<StoredFile> files) {}

  /** A directory or file of the tree in the document. */
  record Directory(String name, int depth, long bytes, long files) {}

  Document document() {
    return new Document(
        image,
        inspected.image().document().digest().toString(),
        inspected.image().manifest().config().digest().toString(),
        platform(),
        inspected.size(),
        inspected.layers().stream().map(InspectText::layer).toList(),
        tree == null
            ? null
            : tree.levels(depth, 0).stream()
                .map(level ->
                    new Directory(
                        level.node().name(),
                        level.depth(),
                        level.node().bytes(),
                        level.node().files()))
                .toList());
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            "%s%n%s  %s, %s, %s%n%n",
            image,
            inspected.image().document().digest(),
            platform(),
            new Count(inspected.layers().size(), "layer"),
            ByteCount.text(inspected.size())));
    text.append(row("#", "LAYER", "SIZE", "ENTRIES", "CONTENT", "PREFETCHED", "FORMAT"));
    for (int i = 0; i < inspected.layers().size(); i++) {
      text.append(row(i, inspected.layers().get(i)));
    }
    if (shown == Files.PRIORITIZED) {
      for (int i = 0; i < inspected.layers().size(); i++) {
        text.append(prioritized(i, inspected.layers().get(i)));
      }
    }
    if (tree != null) {
      text.append(String.format(Locale.ROOT, "%n"));
      text.append(
          tree.levels(depth, LEAST_SHARE).stream()
              .map(InspectText::line)
              .collect(Collectors.joining(System.lineSeparator())));
    }
    return text.toString().stripTrailing();
  }

  private String platform() {
    return inspected.image().config().platform().map(Object::toString).orElse("unknown");
  }

  private static String row(int number, InspectedLayer layer) {
    String hex = layer.descriptor().digest().hex().substring(0, SHORT_HEX);
    String size = ByteCount.text(layer.descriptor().size());
    String format =
        layer.format()
            + switch (layer.trust()) {
              case VOUCHED_FOR, NONE -> "";
              case NOT_VOUCHED_FOR -> " (the manifest doesn't name its TOC)";
            };
    if (layer.plan().isEmpty()) {
      return row(Integer.toString(number), hex, size, "-", "-", "-", format);
    }
    BlobPlan plan = layer.plan().get();
    int first = plan.prefetched().size();
    return row(
        Integer.toString(number),
        hex,
        size,
        Integer.toString(plan.entries()),
        ByteCount.text(plan.contentBytes()),
        first == 0 ? "-" : ByteCount.text(plan.prefetchBytes()) + ", " + new Count(first, "file"),
        format);
  }

  private static String row(String... cells) {
    return String.format(Locale.ROOT, "%3s  %-12s %11s %8s %11s %20s  %s%n", (Object[]) cells);
  }

  /** What is fetched at mount, in the order in which it comes. */
  private static String prioritized(int number, InspectedLayer layer) {
    List<StoredFile> files = layer.plan().map(BlobPlan::prefetched).orElse(List.of());
    StringBuilder text = new StringBuilder();
    text.append(String.format(Locale.ROOT, "%nLayer %d, prioritized: %d%n", number, files.size()));
    for (StoredFile file : files) {
      text.append(
          String.format(
              Locale.ROOT, "%11s  %s%n", ByteCount.text(file.size()), printable(file.path())));
    }
    return text.toString();
  }

  private static String line(SizeTree.Level level) {
    return String.format(
        Locale.ROOT,
        "%11s  %s%s",
        ByteCount.text(level.node().bytes()),
        "  ".repeat(level.depth()),
        printable(level.node().name()));
  }

  /** A name can hold anything, also what a terminal takes for a command. */
  static String printable(String name) {
    return name.replaceAll("\\p{Cntrl}", "\ufffd");
  }

  private static Layer layer(InspectedLayer layer) {
    return new Layer(
        layer.descriptor().digest().toString(),
        layer.descriptor().mediaType(),
        layer.descriptor().size(),
        layer.diffId().toString(),
        layer.format(),
        layer.tocDigest().map(Object::toString).orElse(null),
        layer.trust().name().toLowerCase(Locale.ROOT),
        layer.plan().map(InspectText::lazy).orElse(null));
  }

  private static Lazy lazy(BlobPlan plan) {
    Long end = plan.prefetchEnd().isPresent() ? (Long) plan.prefetchEnd().getAsLong() : null;
    return new Lazy(
        plan.entries(),
        plan.contentBytes(),
        plan.tocOffset(),
        end,
        plan.prefetchBytes(),
        plan.prefetched(),
        plan.files());
  }
}
