package io.loadstar.cli;

import io.loadstar.build.BuildOptions;
import io.loadstar.build.LayerBuilder;
import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.convert.ConversionOptions;
import io.loadstar.convert.ConversionReport;
import io.loadstar.convert.WorkDirectory;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageLocation;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Platform;
import io.loadstar.optimize.Optimization;
import io.loadstar.optimize.ReadOrder;
import io.loadstar.optimize.RecordFile;
import io.loadstar.optimize.Recording;
import io.loadstar.optimize.RecordingEnd.Reason;
import io.loadstar.optimize.RecordingLimits;
import io.loadstar.optimize.WorkloadChoices;
import io.loadstar.optimize.WorkloadRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** One {@code loadstar optimize}: what was said on the command line, checked. Immutable. */
final class OptimizeRun {

  private static final Path SELF = Path.of("/proc/self");

  private final ImageLocation source;
  private final ImageLocation destination;
  private final Layers layers;
  private final Watching watching;

  /**
   * How the result is built.
   *
   * @param platform which of an index's images, or null for this machine's
   */
  record Layers(BuildOptions build, @Nullable Platform platform) {}

  /**
   * Where the order comes from and goes to.
   *
   * @param recordIn a record that is read in the place of a run, or null
   * @param recordOut where the record goes, or null
   * @param anyStatus whether a workload that failed counts as well
   */
  record Watching(
      WorkloadChoices choices,
      RecordingLimits limits,
      boolean anyStatus,
      @Nullable Path recordIn,
      @Nullable Path recordOut) {}

  /**
   * @throws IllegalArgumentException if any of it makes no sense
   */
  OptimizeRun(String source, String destination, Layers layers, Watching watching) {
    this.source = ImageLocation.parse(source);
    this.destination = Places.destination(destination);
    this.layers = layers;
    this.watching = watching;
  }

  /**
   * Does it.
   *
   * @param containerd its socket
   */
  OptimizeText run(OpenPlaces.Options reached, Path containerd, Progress progress)
      throws IOException, CommandException, ContainerdException, InterruptedException {
    long start = System.nanoTime();
    Optional<ReadOrder> read =
        watching.recordIn() == null
            ? Optional.empty()
            : Optional.of(RecordFile.read(watching.recordIn()));
    if (read.isEmpty()) {
      requireRoot();
    }
    try (OpenPlaces places = OpenPlaces.of(reached, source, destination);
        ImageSource from = places.source(source);
        WorkDirectory work = WorkDirectory.create();
        LayerBuilder builder = new LayerBuilder(Runtime.getRuntime().availableProcessors())) {
      ConversionOptions options = ConversionOptions.of(layers.build(), work.path());
      Optimization optimization =
          Optimization.of(from, builder, options, Optional.ofNullable(layers.platform()));
      try (ImageDestination to = places.destination(destination)) {
        optimization.require(to);
        Optional<Recording> recording =
            read.isPresent()
                ? Optional.empty()
                : Optional.of(record(optimization, containerd, progress));
        ReadOrder order = read.or(() -> recording.map(Recording::order)).orElseThrow();
        if (watching.recordOut() != null) {
          RecordFile.write(order, watching.recordOut());
        }
        ConversionReport report = optimization.layOut(order, to, new ConversionSteps(progress));
        return new OptimizeText(
            new ConversionText(
                destination.toString(),
                layers.build().compressor(),
                report,
                Duration.ofNanos(System.nanoTime() - start)),
            order,
            recording);
      }
    }
  }

  private Recording record(Optimization optimization, Path containerd, Progress progress)
      throws IOException, CommandException, ContainerdException, InterruptedException {
    try (ContainerdClient client = ContainerdClient.connect(containerd, WorkloadRun.NAMESPACE);
        RecordingSteps steps = new RecordingSteps(progress, watching.limits())) {
      // Before the image is fetched: is it there, and is it containerd?
      client.services().introspection().version();
      progress.step("preparing the image to be run");
      Recording recording =
          optimization.record(
              new WorkloadRun(client.services(), watching.choices(), watching.limits(), steps),
              steps.preparing());
      steps.recorded(recording);
      check(recording, steps.lastLine());
      return recording;
    }
  }

  private void check(Recording recording, String lastLine) throws CommandException {
    if (watching.anyStatus()) {
      return;
    }
    String said = lastLine.isEmpty() ? "" : " (its last line: " + lastLine + ")";
    if (recording.end().exitStatus() != 0) {
      throw new CommandException(
          "workload",
          "ended with status " + recording.end().exitStatus() + said,
          "nothing was written; with --any-status what it has read counts all the same");
    }
    boolean waited = watching.limits().line().isPresent();
    if (waited && recording.end().reason() == Reason.PERIOD) {
      throw new CommandException(
          "workload",
          "no line with '"
              + watching.limits().line().get()
              + "' within "
              + watching.limits().period().toSeconds()
              + " s"
              + said,
          "nothing was written; give it longer with --period, or see --any-status");
    }
  }

  private static void requireRoot() throws IOException, CommandException {
    if (Files.getAttribute(SELF, "unix:uid") instanceof Integer uid && uid != 0) {
      throw new CommandException(
          "optimize",
          "mounts the image's layers and runs a container, for which it must be root",
          "run it as root, or give it a record of an earlier run with --record-in");
    }
  }
}
