package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The pressure that Linux tells of in {@code /proc}. Thread-safe; the lock is held while three
 * small files of the kernel's are read, once a second at most.
 *
 * <p>It is high while tasks have to wait for a processor ({@code pressure/cpu}: Linux,
 * Documentation/accounting/psi.rst) and it is others who have the processors: this process's own
 * share ({@code self/stat}, proc_pid_stat(5)) is taken off what all use ({@code stat},
 * proc_stat(5)). Without the second a node that does nothing but fetch would get into its own way.
 * Where the kernel doesn't tell of pressure (before 4.20, or switched off), it is never high.
 */
final class ProcCpuPressure implements CpuPressure {

  private static final Logger LOG = LoggerFactory.getLogger(ProcCpuPressure.class);

  /** In percent of the last ten seconds: someone waited for a processor for at least so long. */
  static final double HIGH_PERCENT = 50;

  /** The part of all processors' time that others have at least when it is high. */
  static final double OTHERS_LEAST = 0.6;

  /** How long an answer is good. */
  static final long BELIEVED = Duration.ofSeconds(1).toNanos();

  /** The files are of a few hundred bytes, {@code stat} of some thousand: its first line counts. */
  private static final int MOST_BYTES = 4096;

  // Fields of the first line of /proc/stat behind "cpu", proc_stat(5).
  private static final int IDLE = 3;
  private static final int IO_WAIT = 4;

  /** guest and guest_nice, which follow, are contained in user and nice. */
  private static final int FIELDS = 8;

  /** utime and stime are fields 14 and 15, and the state, which follows the name, is field 3. */
  private static final int OWN_USER = 14 - 3;

  private static final int OWN_SYSTEM = 15 - 3;

  private final Path proc;
  private final Ticker ticker;
  private final Object lock = new Object();
  private long askAt;
  private boolean high;
  private boolean told;
  private Times last = new Times(0, 0, 0);

  /**
   * @param proc where the kernel's files are
   */
  ProcCpuPressure(Path proc, Ticker ticker) {
    this.proc = proc;
    this.ticker = ticker;
    this.askAt = ticker.read();
  }

  /** This machine's. */
  static CpuPressure ofSystem() {
    return new ProcCpuPressure(Path.of("/proc"), Ticker.systemTicker());
  }

  /** Ticks of the kernel's clock since the machine was started. */
  private record Times(long all, long used, long own) {}

  @Override
  public boolean isHigh() {
    synchronized (lock) {
      long now = ticker.read();
      if (now - askAt >= 0) {
        askAt = now + BELIEVED;
        high = ask();
      }
      return high;
    }
  }

  private boolean ask() {
    try {
      Times now = times();
      Times before = last;
      last = now;
      double others = (now.used - before.used) - (double) (now.own - before.own);
      return others >= OTHERS_LEAST * (now.all - before.all) && waiting() >= HIGH_PERCENT;
    } catch (IOException | NumberFormatException | ArrayIndexOutOfBoundsException e) {
      if (!told) {
        told = true;
        LOG.info("the kernel doesn't tell how busy the processors are: {}", e.toString());
      }
      return false;
    }
  }

  private Times times() throws IOException {
    String[] fields = read("stat").lines().findFirst().orElse("").split(" +", FIELDS + 2);
    long all = 0;
    for (int i = 0; i < FIELDS; i++) {
      all += Long.parseLong(fields[i + 1]);
    }
    long idle = Long.parseLong(fields[IDLE + 1]) + Long.parseLong(fields[IO_WAIT + 1]);
    String own = read("self/stat");
    String[] behindName = own.substring(own.lastIndexOf(')') + 1).strip().split(" ", -1);
    return new Times(
        all,
        all - idle,
        Long.parseLong(behindName[OWN_USER]) + Long.parseLong(behindName[OWN_SYSTEM]));
  }

  /** {@code some avg10=1.23 avg60=…}: the percentage of the last ten seconds. */
  private double waiting() throws IOException {
    String[] fields = read("pressure/cpu").split("[ =\n]", 4);
    if (!fields[0].equals("some") || !fields[1].equals("avg10")) {
      throw new IOException("pressure/cpu begins with something else");
    }
    return Double.parseDouble(fields[2]);
  }

  private String read(String name) throws IOException {
    try (InputStream in = Files.newInputStream(proc.resolve(name))) {
      return new String(in.readNBytes(MOST_BYTES), StandardCharsets.US_ASCII);
    }
  }
}
