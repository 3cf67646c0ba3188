package io.loadstar.optimize;

import io.loadstar.blob.Digest;
import io.loadstar.containerd.Namespace;
import io.loadstar.containerd.Services;
import io.loadstar.containerd.TaskState;
import io.loadstar.inspect.PickedImage;
import io.loadstar.oci.ImageSource;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;

/**
 * One run of an image's workload over lazy mounts, and what it was seen to read. Immutable.
 *
 * @param services containerd's, in {@link #NAMESPACE}
 * @param choices how it is to run
 * @param limits how long
 * @param listener is told how it gets on
 */
public record WorkloadRun(
    Services services, WorkloadChoices choices, RecordingLimits limits, RunListener listener) {

  /** Where containerd keeps these containers apart from all others. */
  public static final Namespace NAMESPACE = new Namespace("loadstar-optimize");

  /** What the workload may write: it is kept on disk while it runs. */
  private static final long MAX_OUTPUT = 64L << 20;

  /** More of it is read of no list of users; real ones have a few KB. */
  private static final int MAX_ACCOUNTS = 1 << 20;

  private static final Duration STEP = Duration.ofMillis(50);

  /**
   * Mounts, runs, records, and takes all of it away again.
   *
   * @param source has {@code image}, whose layers can all be mounted lazily
   * @param original the digest of the image's manifest before it was converted
   * @param directory an empty one, for this alone
   * @throws IOException if it can't be run
   * @throws InterruptedException if the thread was interrupted
   */
  Recording record(ImageSource source, PickedImage image, Digest original, Path directory)
      throws IOException, InterruptedException {
    WorkloadProcess process = WorkloadProcess.of(image.config(), choices);
    try (MountedImage mounted = MountedImage.mount(source, image.layers(), directory)) {
      RuntimeSpec spec =
          new RuntimeSpec(
              process,
              user(process, mounted.layers()),
              choices.mounts(),
              choices.network(),
              "loadstar-" + Long.toHexString(RandomGenerator.getDefault().nextLong()));
      RecordingEnd end = run(spec, mounted, directory);
      if (Thread.interrupted()) {
        throw new InterruptedException("interrupted while the workload was ended");
      }
      FirstReads reads = FirstReads.of(mounted.layers(), original);
      return new Recording(reads.order(), reads.bytes(), reads.dropped(), end);
    }
  }

  private static ContainerUser user(WorkloadProcess process, List<RecordedLayer> layers)
      throws IOException {
    return ContainerUser.of(
        process.user(),
        ContainerUser.Accounts.of(
            StackedFile.read(layers, "etc/passwd", MAX_ACCOUNTS),
            StackedFile.read(layers, "etc/group", MAX_ACCOUNTS)));
  }

  private RecordingEnd run(RuntimeSpec spec, MountedImage mounted, Path directory)
      throws IOException, InterruptedException {
    List<Path> lower =
        mounted.layers().reversed().stream().map(layer -> layer.mount().mountPoint()).toList();
    Watch watch = new Watch();
    mounted.startRecording();
    RecordingEnd end;
    try (OutputFollower output = OutputFollower.open(directory.resolve("output"), watch::line)) {
      try (Workload workload = Workload.start(services, spec, lower, directory)) {
        listener.started();
        end = await(workload, output, watch);
        mounted.stopRecording();
      }
      // Only now has containerd handed on the last of its output.
      output.finish();
    }
    return end;
  }

  private RecordingEnd await(Workload workload, OutputFollower output, Watch watch)
      throws IOException, InterruptedException {
    long start = System.nanoTime();
    while (true) {
      TaskState state = workload.state();
      output.follow();
      Duration after = Duration.ofNanos(System.nanoTime() - start);
      if (watch.seen) {
        return new RecordingEnd(RecordingEnd.Reason.LINE, 0, after);
      }
      if (state.ended()) {
        return new RecordingEnd(RecordingEnd.Reason.ENDED, state.exitStatus(), after);
      }
      if (output.position() > MAX_OUTPUT) {
        return new RecordingEnd(RecordingEnd.Reason.OUTPUT, 0, after);
      }
      if (limits.period().isPositive() && after.compareTo(limits.period()) >= 0) {
        return new RecordingEnd(RecordingEnd.Reason.PERIOD, 0, after);
      }
      if (limits.stop().await(STEP.toMillis(), TimeUnit.MILLISECONDS)) {
        return new RecordingEnd(RecordingEnd.Reason.STOPPED, 0, after);
      }
    }
  }

  /** Looks at each line. */
  private final class Watch {

    private boolean seen;

    private void line(String line) {
      listener.output(line);
      seen |= limits.line().isPresent() && line.contains(limits.line().get());
    }
  }
}
