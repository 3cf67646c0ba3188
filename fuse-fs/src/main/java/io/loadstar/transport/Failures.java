package io.loadstar.transport;

import io.loadstar.linux.Errno;
import java.nio.file.Path;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a file system threw while it was asked on behalf of one mount. Thread-safe.
 *
 * <p>Told to the log once for each operation: a broken layer would fill a disk otherwise.
 */
public final class Failures {

  private static final Logger LOG = LoggerFactory.getLogger(Failures.class);

  private final Path mountPoint;
  private final Set<String> told = ConcurrentHashMap.newKeySet();

  /** None yet. */
  public Failures(Path mountPoint) {
    this.mountPoint = mountPoint;
  }

  /**
   * @return what the caller is answered: a negative errno
   */
  public int answer(String operation, Throwable thrown) {
    if (told.add(operation)) {
      LOG.error(
          "{} on {} failed and is answered with EIO, as will be any that follows",
          operation,
          mountPoint,
          thrown);
    }
    return -Errno.EIO;
  }
}
