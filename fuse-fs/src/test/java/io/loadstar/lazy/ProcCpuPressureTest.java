package io.loadstar.lazy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How busy a machine is, by files as its kernel writes them. */
final class ProcCpuPressureTest {

  private static final Duration LATER = Duration.ofNanos(ProcCpuPressure.BELIEVED);

  @TempDir Path proc;
  private final TestClock clock = new TestClock();

  @SuppressWarnings("NullAway.Init")
  private ProcCpuPressure pressure;

  private long idle = 10_000;
  private long used = 10_000;
  private long own = 1_000;

  @BeforeEach
  void begin() throws IOException {
    Files.createDirectory(proc.resolve("pressure"));
    Files.createDirectory(proc.resolve("self"));
    pressure = new ProcCpuPressure(proc, clock);
    passes(100, 0, 0);
    says(0);
    pressure.isHigh();
  }

  /** Ticks pass, in which processors were idle, busy for this process, or for others. */
  private void passes(int forNobody, int forUs, int forOthers) throws IOException {
    idle += forNobody;
    used += forUs + forOthers;
    own += forUs;
    Files.writeString(
        proc.resolve("stat"),
        "cpu  %d 10 20 %d 30 0 5 7 999 0\ncpu0 1 2 3\nintr 4\n".formatted(used, idle));
    Files.writeString(
        proc.resolve("self/stat"),
        "42 (a (strange) name) S 1 42 42 0 -1 4194304 96 0 0 0 %d %d 0 0 20 0 1 0 5"
            .formatted(own - 200, 200));
    clock.pass(LATER);
  }

  private void says(double percent) throws IOException {
    Files.writeString(
        proc.resolve("pressure/cpu"),
        String.format(
            Locale.ROOT,
            """
            some avg10=%.2f avg60=88.65 avg300=71.49 total=20553191564
            full avg10=0.00 avg60=0.00 avg300=0.00 total=0
            """,
            percent));
  }

  private void isHigh(boolean expected) {
    assertEquals(expected, pressure.isHigh());
  }

  @Test
  void othersWhoWaitForProcessorsThatOthersHaveMakeItHigh() throws Exception {
    says(80);
    passes(10, 20, 70);
    isHigh(true);
    passes(70, 10, 20);
    isHigh(false);
    passes(0, 0, 100);
    isHigh(true);
    says(20);
    passes(0, 0, 100);
    isHigh(false);
  }

  @Test
  void whatThisProcessUsesItselfDoesNotCount() throws Exception {
    says(80);
    passes(0, 60, 40);
    isHigh(false);
  }

  @Test
  void anAnswerIsGoodForAWhile() throws Exception {
    says(80);
    passes(0, 0, 100);
    isHigh(true);
    Files.delete(proc.resolve("stat"));
    isHigh(true);
    clock.pass(LATER);
    isHigh(false);
  }

  @Test
  void aKernelThatDoesNotTellIsNeverBusy() throws Exception {
    passes(0, 0, 100);
    Files.delete(proc.resolve("pressure/cpu"));
    assertFalse(pressure.isHigh());
    for (String odd : new String[] {"", "some", "some avg10=", "full avg10=99", "some avg10=x y"}) {
      Files.writeString(proc.resolve("pressure/cpu"), odd);
      passes(0, 0, 100);
      assertFalse(pressure.isHigh(), odd);
    }
    says(80);
    for (String odd : new String[] {"", "cpu 1 2", "cpu a b c d e f g h i"}) {
      Files.writeString(proc.resolve("stat"), odd);
      clock.pass(LATER);
      assertFalse(pressure.isHigh(), odd);
    }
  }
}
