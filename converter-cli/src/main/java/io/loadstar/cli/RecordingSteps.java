package io.loadstar.cli;

import io.loadstar.convert.ConversionListener;
import io.loadstar.convert.LayerReport;
import io.loadstar.oci.Descriptor;
import io.loadstar.optimize.Recording;
import io.loadstar.optimize.RecordingLimits;
import io.loadstar.optimize.RunListener;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Tells how a recording gets on: the workload's output line by line, and what it has read. While it
 * runs, the first SIGINT or SIGTERM ends the recording and not the command. Not thread-safe; closed
 * when the recording is over.
 */
final class RecordingSteps implements RunListener, AutoCloseable {

  private final Progress progress;
  private final RecordingLimits limits;
  private @Nullable StopSignals signals;
  private String lastLine = "";

  RecordingSteps(Progress progress, RecordingLimits limits) {
    this.progress = progress;
    this.limits = limits;
  }

  @Override
  public void started() {
    signals = StopSignals.install(this::stop);
    progress.step("recording what the workload reads (Ctrl-C ends the recording)");
  }

  private void stop() {
    limits.stop().countDown();
    progress.step("ending the recording (once more gives up)");
  }

  @Override
  public void output(String line) {
    lastLine = line.isBlank() ? lastLine : line;
    progress.step("| " + InspectText.printable(line));
  }

  /** The last line that the workload wrote; empty if it wrote none. */
  String lastLine() {
    return InspectText.printable(lastLine);
  }

  /** Says what came of it. */
  void recorded(Recording recording) {
    progress.step(
        String.format(
            Locale.ROOT,
            "recorded %d files (%s) in %.1f s: %s",
            recording.order().files().size(),
            ByteCount.text(recording.bytes()),
            recording.end().after().toMillis() / 1000.0,
            switch (recording.end().reason()) {
              case LINE -> "the line appeared";
              case ENDED -> "the workload ended with status " + recording.end().exitStatus();
              case PERIOD -> "the time was over";
              case STOPPED -> "it was told to stop";
              case OUTPUT -> "the workload wrote too much";
            }));
    if (recording.dropped() > 0) {
      progress.step("note: it read " + recording.dropped() + " files more than are kept in mind");
    }
  }

  /** What is told of the conversion for the run: bytes that move, and nothing of its layers. */
  ConversionListener preparing() {
    return new Preparing(new ConversionSteps(progress));
  }

  @Override
  public void close() {
    if (signals != null) {
      signals.close();
    }
  }

  private record Preparing(ConversionSteps steps) implements ConversionListener {

    @Override
    public void readStarted(Descriptor blob) {
      steps.readStarted(blob);
    }

    @Override
    public void read(Descriptor blob, long bytes) {
      steps.read(blob, bytes);
    }

    @Override
    public void readEnded(Descriptor blob) {
      steps.readEnded(blob);
    }

    @Override
    public void writeStarted(Descriptor blob) {}

    @Override
    public void written(Descriptor blob, long bytes) {}

    @Override
    public void writeEnded(Descriptor blob) {}

    @Override
    public void layerDone(LayerReport layer) {}

    @Override
    public void notice(String line) {}
  }
}
