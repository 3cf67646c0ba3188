package io.loadstar.daemon;

import io.loadstar.lazy.LazyNode;
import io.loadstar.lazy.ProgramStart;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageProcess;
import io.loadstar.oci.ImageReference;
import io.loadstar.pull.served.PullServer;
import io.loadstar.remote.LazyRemoteFileSystem;
import java.util.List;

/**
 * What a pull tells of what comes: layers that will be prepared are opened, programs that will be
 * run are fetched. Thread-safe, as its parts are, which belong to who made them.
 *
 * @param remote opens layers
 * @param node fetches programs
 */
record PullsAhead(LazyRemoteFileSystem remote, LazyNode node) implements PullServer.LayersAhead {

  @Override
  public void expect(ImageReference image, List<Descriptor> layers) {
    remote.expect(image, layers);
  }

  @Override
  public void starts(ImageReference image, ImageProcess process) {
    node.expectStart(
        image.toString(),
        new ProgramStart(process.entrypoint(), process.command(), process.path()));
  }
}
