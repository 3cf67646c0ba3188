package io.loadstar.cli;

import io.loadstar.build.BuildOptions;
import io.loadstar.build.LayerBuilder;
import io.loadstar.build.PrioritizedFiles;
import io.loadstar.convert.ConversionOptions;
import io.loadstar.convert.ConversionReport;
import io.loadstar.convert.ImageConverter;
import io.loadstar.convert.WorkDirectory;
import io.loadstar.format.StargzFooter;
import io.loadstar.image.ImageAccess;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageLocation;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Platform;
import io.loadstar.registry.RegistryClient;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** One {@code loadstar convert}: what was said on the command line, checked. Immutable. */
final class ConvertRun {

  /** A list of paths is read whole; this is far more than an image has. */
  private static final long MAX_LIST_BYTES = 64 << 20;

  private final ImageLocation source;
  private final ImageLocation destination;
  private final BuildOptions build;
  private final List<Platform> platforms;
  private final @Nullable Path prioritized;

  /**
   * @param footer its size in bytes
   * @param chunkSize as typed
   * @param prioritize the file with the list of paths
   */
  record Choices(
      int footer,
      String chunkSize,
      int compressionLevel,
      @Nullable String prioritize,
      List<String> platforms) {}

  /**
   * @throws IllegalArgumentException if any of it makes no sense
   */
  ConvertRun(String source, String destination, Choices choices) {
    this.source = ImageLocation.parse(source);
    this.destination = Places.destination(destination);
    this.build =
        BuildOptions.DEFAULT
            .withFooter(footer(choices.footer()))
            .withChunkSize(ByteSize.parse(choices.chunkSize()))
            .withCompressionLevel(choices.compressionLevel());
    this.platforms = choices.platforms().stream().map(Platform::parse).toList();
    this.prioritized = choices.prioritize() == null ? null : Path.of(choices.prioritize());
  }

  ConversionText run(RegistryOptions registry, Progress progress)
      throws IOException, CommandException {
    long start = System.nanoTime();
    BuildOptions options = prioritized == null ? build : build.withPrioritized(listed(prioritized));
    try (RegistryClient client =
            RegistryConnection.open(registry, Places.hosts(source, destination));
        ImageSource from = new ImageAccess(client).source(source)) {
      // Before the destination is opened, which may create a layout.
      ImageDocument image = from.resolve();
      try (ImageDestination to = new ImageAccess(client).destination(destination);
          WorkDirectory work = WorkDirectory.create();
          LayerBuilder builder = new LayerBuilder(Runtime.getRuntime().availableProcessors())) {
        ConversionReport report =
            new ImageConverter(
                    new ImageConverter.Places(from, to),
                    builder,
                    new ConversionOptions(options, platforms, work.path()),
                    new ConversionSteps(progress))
                .convert(image);
        return new ConversionText(
            destination.toString(), report, Duration.ofNanos(System.nanoTime() - start));
      }
    }
  }

  private static StargzFooter footer(int bytes) {
    for (StargzFooter footer : StargzFooter.values()) {
      if (footer.size() == bytes) {
        return footer;
      }
    }
    throw new IllegalArgumentException("a footer has 47 or 51 bytes, not " + bytes);
  }

  /** Layers differ in what they have, so a path that one lacks is no error. */
  private static PrioritizedFiles listed(Path file) throws IOException, CommandException {
    if (Files.size(file) > MAX_LIST_BYTES) {
      throw new CommandException(
          file.toString(), "more than " + MAX_LIST_BYTES + " bytes", "name a list of paths");
    }
    try {
      List<String> paths =
          Files.readAllLines(file).stream()
              .map(String::strip)
              .filter(line -> !line.isEmpty() && !line.startsWith("#"))
              .distinct()
              .toList();
      return new PrioritizedFiles(paths, PrioritizedFiles.Absent.SKIP);
    } catch (MalformedInputException e) {
      throw new CommandException(file.toString(), "not text in UTF-8", "name a list of paths", e);
    }
  }
}
