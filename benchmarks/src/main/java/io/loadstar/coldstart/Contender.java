package io.loadstar.coldstart;

import io.loadstar.rig.Ctr;
import io.loadstar.rig.Prerequisites;
import io.loadstar.rig.PrivateNode;
import java.io.IOException;
import java.util.concurrent.TimeoutException;

/**
 * A way to start images, with the node it is tried on. Immutable.
 *
 * @param name in tables
 * @param node whose containerd and snapshotter take part
 * @param snapshotter as that containerd calls it
 * @param form which of an image's forms it is given
 * @param past what its node knows of the image
 */
record Contender(
    String name, PrivateNode node, String snapshotter, BenchImage.Form form, Past past) {

  /** Whether an image was started on a node before. */
  enum Past {
    /** Never: what earlier rounds have taught the snapshotter is forgotten. */
    NONE,
    /** It was, and is gone: what the snapshotter has learnt from that is all that is left. */
    STARTED
  }

  static final String OVERLAYFS = "overlayfs";

  /**
   * Pulls as a person would: lazily if this one can. A peer's people have the client of the first
   * of them, if it is installed.
   */
  void pull(Ctr ctr, String reference) throws IOException, InterruptedException, TimeoutException {
    boolean peer = !snapshotter.equals(OVERLAYFS) && !snapshotter.equals(PrivateNode.SNAPSHOTTER);
    if (snapshotter.equals(OVERLAYFS)) {
      ctr.pull(snapshotter, reference);
    } else if (peer && Prerequisites.isInstalled("ctr-remote")) {
      ctr.callRemote("images", "rpull", "--plain-http", "--snapshotter", snapshotter, reference)
          .output();
    } else {
      node.loadstar(
              "pull",
              "--quiet",
              "--address",
              ctr.socket().toString(),
              "--namespace",
              ctr.namespace(),
              "--snapshotter",
              snapshotter,
              reference)
          .output();
    }
  }
}
