package io.loadstar.daemon;

import io.loadstar.credentials.LearntCredentials;
import io.loadstar.remote.SnapshotImages;
import io.loadstar.snapshot.SnapshotException;
import java.io.IOException;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learnt credentials of images that aren't on the node any more. Thread-safe; blocks.
 *
 * @param learnt all that were learnt
 * @param images those that are on the node
 */
record UnusedCredentials(LearntCredentials learnt, SnapshotImages images) {

  private static final Logger log = LoggerFactory.getLogger(UnusedCredentials.class);

  /** Forgets them; what can't be done is tried again the next time. */
  void forget() {
    try {
      learnt.forgetUnused(this::used);
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("error", e.toString())
          .log("credentials of removed images can't be forgotten");
    }
  }

  private Set<String> used() throws IOException {
    try {
      return images.repositories();
    } catch (SnapshotException e) {
      throw new IOException(e.getMessage(), e);
    }
  }
}
