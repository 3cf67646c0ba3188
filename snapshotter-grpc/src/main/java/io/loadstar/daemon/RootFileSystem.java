package io.loadstar.daemon;

import io.loadstar.linux.EntryTypes;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the daemon needs of the disk that its root directory is on. Immutable.
 *
 * @param root the directory, which is there and has something in it
 */
record RootFileSystem(Path root) {

  private static final Logger log = LoggerFactory.getLogger(RootFileSystem.class);

  /** With less, what failed most likely failed for this: a database page and a log of it. */
  private static final long FULL = 256 << 10;

  /**
   * @throws IOException if overlays can't be made of what lies there
   */
  void requireEntryTypes() throws IOException {
    if (!EntryTypes.areTold(root)) {
      throw new IOException(
          root
              + ": its file system doesn't tell the types of directory entries (d_type), which overlays need"
              + " – use ext4, or xfs made with ftype=1");
    }
  }

  /**
   * Why something could not be started, with what to do if the disk is full.
   *
   * @param reason why it seemed to fail
   */
  IOException explained(IOException reason) {
    try {
      if (Files.isDirectory(root) && Files.getFileStore(root).getUsableSpace() < FULL) {
        return new IOException(
            root + ": no room left on its disk – free some, or give another --root", reason);
      }
    } catch (IOException e) {
      reason.addSuppressed(e);
    }
    return reason;
  }

  /** An overlay can't be the upper directory of another: containers wouldn't start. */
  void warnOfOverlay() {
    try {
      String type = Files.getFileStore(root).type();
      if (type.equals("overlay")) {
        log.atWarn()
            .addKeyValue("root", root)
            .log("the root is on an overlay, where containers can't be mounted: move it");
      }
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("root", root)
          .addKeyValue("error", e.toString())
          .log("can't tell on what file system the root is");
    }
  }
}
