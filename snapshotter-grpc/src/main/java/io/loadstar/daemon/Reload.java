package io.loadstar.daemon;

import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What SIGHUP does: the configuration is read again. Mirrors and {@code resolver.config_path} count
 * at once; the rest needs a new start, which the log says. Not thread-safe.
 */
final class Reload {

  private static final Logger log = LoggerFactory.getLogger(Reload.class);

  private final Configuration started;
  private final ReloadableHosts hosts;
  private final ServiceManager manager;

  /**
   * @param started what the daemon was started with
   */
  Reload(Configuration started, ReloadableHosts hosts, ServiceManager manager) {
    this.started = started;
    this.hosts = hosts;
    this.manager = manager;
  }

  /** Where a configuration comes from. */
  @FunctionalInterface
  interface Reading {

    /**
     * Reads it.
     *
     * @throws IOException if it can't be followed
     */
    Configuration read() throws IOException;
  }

  /** Reads it again; one that can't be followed changes nothing but the log. */
  void run(Reading reading) {
    manager.reloading();
    try {
      Configuration now = reading.read();
      hosts.follow(now.resolver());
      if (now.withHostsOf(started).equals(started)) {
        log.info("the configuration has been read again");
      } else {
        log.warn(
            "the configuration has been read again: mirrors count at once, the rest of what has"
                + " changed when the daemon is started again");
      }
    } catch (IOException e) {
      log.atError()
          .addKeyValue("error", e.getMessage())
          .log("the configuration can't be followed any more, and is kept as it was");
    } finally {
      manager.ready();
    }
  }
}
