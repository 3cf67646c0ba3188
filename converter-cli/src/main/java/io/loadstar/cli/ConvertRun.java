package io.loadstar.cli;

import io.loadstar.build.BuildOptions;
import io.loadstar.build.LayerBuilder;
import io.loadstar.build.PrioritizedFiles;
import io.loadstar.convert.Attestations;
import io.loadstar.convert.ConversionOptions;
import io.loadstar.convert.ConversionReport;
import io.loadstar.convert.ImageConverter;
import io.loadstar.convert.LayerPriorities;
import io.loadstar.convert.LayerRecords;
import io.loadstar.convert.LazyLayers;
import io.loadstar.convert.PlatformChoice;
import io.loadstar.convert.WorkDirectory;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageLocation;
import io.loadstar.oci.ImageSource;
import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** One {@code loadstar convert}: what was said on the command line, checked. Immutable. */
final class ConvertRun {

  /** A list of paths is read whole; this is far more than an image has. */
  private static final long MAX_LIST_BYTES = 64 << 20;

  private final ImageLocation source;
  private final ImageLocation destination;
  private final BuildOptions build;
  private final PlatformChoice platforms;
  private final Attestations attestations;
  private final LazyLayers lazyLayers;
  private final LayerRecords records;
  private final @Nullable Path prioritized;

  /**
   * What of an image is converted, and what is made use of.
   *
   * @param force whether layers are rewritten that are in the wanted format already
   * @param records the directory of layer records, or null for the usual one
   */
  record Images(
      PlatformOptions platforms,
      boolean keepAttestations,
      boolean force,
      @Nullable String records,
      boolean noRecords) {

    private LayerRecords layerRecords() {
      if (noRecords) {
        return LayerRecords.none();
      }
      return records == null ? LayerRecords.ofUser() : LayerRecords.in(Path.of(records));
    }
  }

  /**
   * @param prioritize the file with the list of paths, or null
   * @throws IllegalArgumentException if any of it makes no sense
   */
  ConvertRun(
      String source,
      String destination,
      BuildOptions build,
      @Nullable String prioritize,
      Images images) {
    this.source = ImageLocation.parse(source);
    this.destination = Places.destination(destination);
    this.build = build;
    this.platforms = PlatformWish.of(images.platforms());
    this.attestations = images.keepAttestations() ? Attestations.KEEP : Attestations.DROP;
    this.lazyLayers = images.force() ? LazyLayers.REWRITE : LazyLayers.KEEP;
    this.records = images.layerRecords();
    this.prioritized = prioritize == null ? null : Path.of(prioritize);
  }

  ConversionText run(OpenPlaces.Options reached, Progress progress)
      throws IOException, CommandException {
    long start = System.nanoTime();
    BuildOptions options = prioritized == null ? build : build.withPrioritized(listed(prioritized));
    try (OpenPlaces places = OpenPlaces.of(reached, source, destination);
        ImageSource from = places.source(source)) {
      // Before the destination is opened, which may create a layout.
      ImageDocument image = from.resolve();
      try (ImageDestination to = places.destination(destination);
          WorkDirectory work = WorkDirectory.create();
          LayerBuilder builder = new LayerBuilder(Runtime.getRuntime().availableProcessors())) {
        ConversionReport report =
            new ImageConverter(
                    new ImageConverter.Places(from, to),
                    builder,
                    new ConversionOptions(
                        options,
                        platforms,
                        attestations,
                        lazyLayers,
                        LayerPriorities.SAME,
                        records,
                        work.path()),
                    new ConversionSteps(progress))
                .convert(image);
        return new ConversionText(
            destination.toString(),
            options.compressor(),
            report,
            Duration.ofNanos(System.nanoTime() - start));
      }
    }
  }

  private static PrioritizedFiles listed(Path file) throws IOException, CommandException {
    if (Files.size(file) > MAX_LIST_BYTES) {
      throw new CommandException(
          file.toString(), "more than " + MAX_LIST_BYTES + " bytes", "name a list of paths");
    }
    try {
      return PrioritizedFiles.ofList(Files.readAllLines(file));
    } catch (MalformedInputException e) {
      throw new CommandException(file.toString(), "not text in UTF-8", "name a list of paths", e);
    }
  }
}
