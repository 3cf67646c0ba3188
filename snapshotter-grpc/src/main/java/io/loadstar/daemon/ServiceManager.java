package io.loadstar.daemon;

import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.UnixDatagrams;
import java.io.Closeable;
import java.time.Duration;
import java.time.temporal.ChronoUnit;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * systemd, or whoever else has set {@code NOTIFY_SOCKET}, is told how the daemon is: sd_notify(3).
 * Thread-safe; says that the daemon stops when it is closed. Without that variable it does nothing.
 */
final class ServiceManager implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(ServiceManager.class);

  private final String socket;
  private final Optional<Duration> watchdog;
  private final CountDownLatch stopping = new CountDownLatch(1);

  private ServiceManager(String socket, Optional<Duration> watchdog) {
    this.socket = socket;
    this.watchdog = watchdog;
  }

  /** The one of this process. */
  static ServiceManager ofProcess() {
    return of(System.getenv(), ProcessHandle.current().pid());
  }

  /**
   * The one that an environment names: {@code NOTIFY_SOCKET}; {@code WATCHDOG_USEC}, how often it
   * wants to hear, if {@code WATCHDOG_PID} is ours or not set (sd_watchdog_enabled(3)).
   */
  static ServiceManager of(Map<String, String> environment, long pid) {
    String interval = environment.getOrDefault("WATCHDOG_USEC", "");
    String watched = environment.getOrDefault("WATCHDOG_PID", "");
    boolean ours = watched.isEmpty() || watched.equals(Long.toString(pid));
    Optional<Duration> watchdog = Optional.empty();
    if (ours && interval.matches("[1-9]\\d{0,17}")) {
      watchdog = Optional.of(Duration.of(Long.parseLong(interval), ChronoUnit.MICROS));
    }
    return new ServiceManager(environment.getOrDefault("NOTIFY_SOCKET", ""), watchdog);
  }

  /** The daemon answers. */
  void ready() {
    send("READY=1\nSTATUS=serving snapshots");
  }

  /** The configuration is being read again; {@link #ready} follows. */
  void reloading() {
    // Type=notify-reload wants CLOCK_MONOTONIC's microseconds, which nanoTime is on Linux.
    send("RELOADING=1\nMONOTONIC_USEC=" + System.nanoTime() / 1000);
  }

  /**
   * Has it hear twice in each of its intervals, as long as {@code healthy} holds; if it doesn't
   * hear in time, it ends the daemon. Nothing where no watchdog is wanted.
   */
  void watch(BooleanSupplier healthy) {
    if (socket.isEmpty() || watchdog.isEmpty()) {
      return;
    }
    long pause = watchdog.get().toNanos() / 2;
    Thread.ofPlatform()
        .daemon()
        .name("loadstar-watchdog")
        .start(() -> {
          try {
            do {
              if (healthy.getAsBoolean()) {
                send("WATCHDOG=1");
              }
            } while (!stopping.await(pause, TimeUnit.NANOSECONDS));
          } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
          }
        });
  }

  /** The daemon stops. */
  @Override
  public void close() {
    stopping.countDown();
    send("STOPPING=1\nSTATUS=stopping");
  }

  private void send(String message) {
    if (socket.isEmpty()) {
      return;
    }
    try {
      UnixDatagrams.send(socket, message);
    } catch (ErrnoException | IllegalArgumentException e) {
      log.atWarn()
          .addKeyValue("socket", socket)
          .addKeyValue("error", e.getMessage())
          .log("can't tell the service manager how the daemon is");
    }
  }
}
