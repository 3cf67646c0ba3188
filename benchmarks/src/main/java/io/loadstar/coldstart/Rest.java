package io.loadstar.coldstart;

import io.loadstar.rig.Program;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeoutException;

/**
 * A machine at rest: what ran before has no part in what is measured next. What it wrote is on
 * disk, what it removed is gone, and nobody is busy any more, the fetching of an image's rest
 * included, which ends with its image.
 */
final class Rest {

  private static final Path STAT = Path.of("/proc/stat");
  private static final Duration WINDOW = Duration.ofMillis(250);
  private static final Duration LIMIT = Duration.ofSeconds(20);

  /** Of one processor's time, however many there are, in two windows one after the other. */
  private static final double LITTLE = 0.12;

  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  private static final int WINDOWS = 2;

  // Fields of the first line of /proc/stat behind "cpu", proc_stat(5).
  private static final int IDLE = 3;
  private static final int STEAL = 7;

  private Rest() {}

  /** Processors' time since the machine was started, in ticks. */
  private record Ticks(long all, long used) {

    static Ticks now() throws IOException {
      String[] fields =
          Files.readString(STAT).lines().findFirst().orElseThrow().split(" +", STEAL + 3);
      long all = 0;
      long used = 0;
      for (int i = 0; i <= STEAL; i++) {
        long ticks = Long.parseLong(fields[i + 1]);
        all += ticks;
        used += i == IDLE || i == STEAL ? 0 : ticks; // who waits for the disk isn't at rest
      }
      return new Ticks(all, used);
    }
  }

  /**
   * Writes out what is to be written, and waits until nobody is busy.
   *
   * @return whether it came to rest; false after 20 seconds
   */
  static boolean await() throws IOException, InterruptedException, TimeoutException {
    Program.of("sync").output();
    return await(LIMIT);
  }

  /** Waits until nobody is busy, for no longer than {@code limit}, and says whether that is so. */
  static boolean await(Duration limit) throws IOException, InterruptedException {
    long deadline = System.nanoTime() + limit.toNanos();
    int quiet = 0;
    Ticks before = Ticks.now();
    while (quiet < WINDOWS) {
      if (System.nanoTime() - deadline > 0) {
        return false;
      }
      Thread.sleep(WINDOW); // the kernel tells sums: what is looked at is how much they grow
      Ticks now = Ticks.now();
      quiet =
          now.used - before.used <= LITTLE * (now.all - before.all) / PROCESSORS ? quiet + 1 : 0;
      before = now;
    }
    return true;
  }
}
