package io.loadstar.optimize;

import io.loadstar.containerd.Container;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.ContainerdException.Code;
import io.loadstar.containerd.Mount;
import io.loadstar.containerd.Services;
import io.loadstar.containerd.TaskState;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A container that runs on mounts of ours: containerd gets them with the task and needs to know
 * neither an image nor a snapshotter. Not thread-safe. Closing it ends the container and takes away
 * all that containerd knows of it.
 *
 * <pre>
 *   DIRECTORY/upper/, work/   the overlay's, where the container writes
 *   DIRECTORY/runc/           runc's state
 *   DIRECTORY/output          what the container writes to standard output and error
 * </pre>
 */
final class Workload implements Closeable {

  private static final int SIGKILL = 9;
  private static final int SIGTERM = 15;

  /** What a container has to end by itself; most that run as PID 1 take no notice of SIGTERM. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private static final Duration END_LIMIT = Duration.ofSeconds(30);
  private static final Duration STEP = Duration.ofMillis(20);

  private final Services services;
  private final String id;
  private final Path directory;

  private Workload(Services services, String id, Path directory) {
    this.services = services;
    this.id = id;
    this.directory = directory;
  }

  /**
   * Starts one.
   *
   * @param services containerd's, in {@link WorkloadRun#NAMESPACE}
   * @param spec what runs
   * @param layers the directories where the image's layers are mounted, the uppermost first
   * @param directory an existing one on a file system that can be an overlay's upper one
   * @throws IOException if it can't be started; nothing is left of it then
   */
  static Workload start(Services services, RuntimeSpec spec, List<Path> layers, Path directory)
      throws IOException {
    Workload workload = new Workload(services, spec.id(), directory);
    Mount rootfs = workload.rootfs(layers);
    try {
      return Uncut.run(() -> {
        services
            .containers()
            .create(new Container(spec.id(), spec.toJson(), directory.resolve("runc")));
        services.tasks().create(spec.id(), List.of(rootfs), workload.output());
        services.tasks().start(spec.id());
        return workload;
      });
    } catch (IOException | RuntimeException e) {
      try {
        workload.close();
      } catch (IOException more) {
        e.addSuppressed(more);
      }
      throw e;
    }
  }

  private Mount rootfs(List<Path> layers) throws IOException {
    Path upper = Files.createDirectory(directory.resolve("upper"));
    Path work = Files.createDirectory(directory.resolve("work"));
    Files.createDirectory(directory.resolve("runc"));
    List<String> names = layers.stream().map(Path::toString).toList();
    return new Mount(
        "overlay",
        "overlay",
        List.of("workdir=" + work, "upperdir=" + upper, "lowerdir=" + String.join(":", names)));
  }

  /** The file that its output goes to. */
  Path output() {
    return directory.resolve("output");
  }

  /** How it is; ended, if there is none any more. */
  TaskState state() throws IOException {
    try {
      return services.tasks().state(id);
    } catch (ContainerdException e) {
      if (e.code() == Code.NOT_FOUND) {
        return new TaskState(0, true, 0);
      }
      throw new OptimizationException(String.valueOf(e.getMessage()), e);
    }
  }

  @Override
  public void close() throws IOException {
    Uncut.run(() -> {
      services.tasks().kill(id, SIGTERM);
      if (!hasEnded(GRACE)) {
        services.tasks().kill(id, SIGKILL);
        hasEnded(END_LIMIT);
      }
      services.tasks().delete(id);
      services.containers().delete(id);
      removeNamespace();
      return id;
    });
  }

  /** Waits, on a platform thread that nobody interrupts. */
  private boolean hasEnded(Duration limit) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    while (!state().ended()) {
      if (System.nanoTime() > deadline) {
        return false;
      }
      TimeUnit.MILLISECONDS.sleep(STEP.toMillis());
    }
    return true;
  }

  /** Another optimization may run there, and containerd forgets an empty one gladly. */
  private void removeNamespace() throws ContainerdException {
    try {
      services.namespaces().remove(WorkloadRun.NAMESPACE);
    } catch (ContainerdException e) {
      if (e.code() != Code.FAILED_PRECONDITION && e.code() != Code.NOT_FOUND) {
        throw e;
      }
    }
  }
}
