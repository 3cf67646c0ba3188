package io.loadstar.daemon;

import io.loadstar.linux.FuseControl;
import io.loadstar.linux.MountTable;
import io.loadstar.remote.LayerMounter;
import io.loadstar.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Ends a mount's connection to the kernel, for an operator whose daemon doesn't do it any more.
 * Immutable.
 *
 * <p>The connection is found in the mount table, by the mount point's text: looking at the path
 * itself would hang where everything else hangs.
 *
 * @param root where the daemon keeps its snapshots
 */
record ConnectionAbort(Path root) {

  private static final Pattern NUMBER = Pattern.compile("\\d{1,18}"); // fits into a long

  /**
   * Ends it.
   *
   * @param target a mount point, or a snapshot's number
   * @return what was done, in a sentence
   * @throws IOException if no layer is mounted there, or this process may not do that
   */
  String of(String target) throws IOException {
    Path place = placeOf(target);
    MountTable.Entry entry = MountTable.read().at(place);
    if (entry == null) {
      throw new IOException(place + ": nothing is mounted there (see /proc/self/mountinfo)");
    }
    if (!entry.isFuse() || !entry.source().equals(LayerMounter.SOURCE)) {
      throw new IOException(
          place + ": not a layer, but " + entry.source() + " (" + entry.type() + ")");
    }
    if (!FuseControl.abort(entry.minor())) {
      throw new IOException(place + ": its FUSE connection " + entry.minor() + " has ended before");
    }
    return place + ": FUSE connection " + entry.minor() + " is aborted";
  }

  private Path placeOf(String target) throws IOException {
    return NUMBER.matcher(target).matches()
        ? SnapshotStore.fs(root, Long.parseLong(target))
        : Path.of(target).toAbsolutePath().normalize();
  }
}
