package io.loadstar.cli;

import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.oci.ImageSource;
import io.loadstar.pull.Caller;
import io.loadstar.pull.Pull;
import io.loadstar.pull.PullException;
import io.loadstar.pull.PullReport;
import io.loadstar.pull.PullRequest;
import io.loadstar.pull.served.DaemonPull;
import io.loadstar.pull.served.PullOrder;
import io.loadstar.registry.RegistryClient;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.Set;

/**
 * A pull: by the snapshotter that is to get the image, which is warm, or in this process if that
 * doesn't do it. Either way does the same.
 *
 * @param request what is to be pulled
 * @param target where to
 * @param caller who pulls
 * @param steps is told how it gets on
 */
record PullRun(PullRequest request, PullOrder.Target target, Caller caller, PullSteps steps) {

  /** Who is asked to do it. */
  sealed interface By {
    /** This process alone. */
    record Itself() implements By {}

    /**
     * A snapshotter, before this process.
     *
     * @param socket where containerd speaks to it
     */
    record Daemon(Path socket) implements By {}
  }

  PullReport run(By by)
      throws IOException,
          ContainerdException,
          PullException,
          CommandException,
          InterruptedException {
    // Not a switch over patterns: that is put together when it is first run, which takes longer.
    if (by instanceof By.Daemon daemon && !onlyHere()) {
      PullOrder order = new PullOrder(request, target, caller);
      Optional<PullReport> served = DaemonPull.run(daemon.socket(), order, steps);
      if (served.isPresent()) {
        return served.get();
      }
    }
    return here();
  }

  /** containerd's own snapshotters take no orders; nor does a daemon know this directory. */
  private boolean onlyHere() {
    return request.ordinarySnapshotter() || caller.dependsOnDirectory();
  }

  private PullReport here()
      throws IOException,
          ContainerdException,
          PullException,
          CommandException,
          InterruptedException {
    Set<String> hosts = Set.of(request.image().host());
    try (ContainerdClient containerd =
            ContainerdClient.connect(target.containerd(), target.namespace());
        RegistryClient client = RegistryConnection.open(caller, hosts);
        ImageSource source = client.source(request.image())) {
      return new Pull(request, source, containerd, steps).run();
    }
  }
}
