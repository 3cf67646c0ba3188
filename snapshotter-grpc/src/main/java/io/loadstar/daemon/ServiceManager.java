package io.loadstar.daemon;

import java.io.IOException;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Tells systemd that the daemon is ready: sd_notify(3). The JDK has no datagram sockets for unix
 * addresses, so it is done by systemd's own command, which is there wherever {@code NOTIFY_SOCKET}
 * is; the unit needs {@code NotifyAccess=all}.
 */
final class ServiceManager {

  private static final Logger log = LoggerFactory.getLogger(ServiceManager.class);
  private static final long PATIENCE_SECONDS = 5;

  private ServiceManager() {}

  /** Says that it is ready, where anybody wants to know. */
  static void tellReady() {
    String socket = System.getenv("NOTIFY_SOCKET");
    if (socket == null || socket.isEmpty()) {
      return;
    }
    try {
      Process notify =
          new ProcessBuilder("systemd-notify", "--ready", "--pid=" + ProcessHandle.current().pid())
              .redirectErrorStream(true)
              .redirectOutput(ProcessBuilder.Redirect.DISCARD)
              .start();
      if (!notify.waitFor(PATIENCE_SECONDS, TimeUnit.SECONDS) || notify.exitValue() != 0) {
        notify.destroy();
        log.warn("systemd-notify failed: systemd doesn't know that the daemon is ready");
      }
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("error", e.toString())
          .log("can't run systemd-notify: systemd doesn't know that the daemon is ready");
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
