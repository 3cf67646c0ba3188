package io.loadstar.transport;

import static io.loadstar.fs.ReadOnlyFileSystem.ROOT;
import static io.loadstar.transport.MemoryFileSystem.content;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Reads that wait for the network hold up nothing but themselves, whatever the transport. */
public abstract class StalledReadsContractTest extends MountingTest {

  private final MemoryFileSystem files = new MemoryFileSystem();
  private final Gate gate = new Gate();

  /** How many reads of a mount reach the file system at once while it makes them wait. */
  protected abstract int mostWaiting(int maxThreads);

  @BeforeEach
  void makeTree() {
    Random random = new Random(3);
    long slow = files.directory(ROOT, "slow");
    for (int i = 1; i <= 200; i++) {
      byte[] bytes = new byte[5_000];
      random.nextBytes(bytes);
      files.holdBack(files.file(slow, ("file" + i).getBytes(UTF_8), 0644, content(bytes)), gate);
    }
    long quick = files.directory(ROOT, "quick");
    for (int i = 1; i <= 50; i++) {
      files.file(quick, "file" + i, "quick " + i);
      files.symlink(files.directory(quick, "directory" + i), "link", "../file" + i);
    }
  }

  /**
   * @param readers how many processes read what isn't there
   * @param maxThreads how many threads the mount may have
   */
  @ParameterizedTest
  @CsvSource({"32, 64", "100, 64", "100, 2", "40, 5"})
  void metadataAndReadyBytesAreAnsweredWhileReadsStall(int readers, int maxThreads)
      throws IOException {
    int served = Math.min(readers, mostWaiting(maxThreads));
    mount(files, newDirectory("mount"), maxThreads);
    Process reading =
        start("for i in $(seq " + readers + "); do cat $M/slow/file$i > $T/$i & done; wait");
    await("the reads wait", () -> gate.waiting() >= served);

    // None of these names was looked up before; each command would wait if one request did.
    assertEquals("50", sh("ls -l $M/quick | grep -c ^-"));
    assertEquals("50", sh("find $M/quick -type l -printf x | wc -c"));
    assertEquals("202", sh("ls -lR $M/slow | wc -l"));
    assertEquals("quick 7", sh("cat $M/quick/directory7/link"));
    assertEquals(served, gate.waiting());
    assertTrue(reading.isAlive());

    gate.open();
    assertTrue(endsInTime(reading));
    sh("for i in $(seq " + readers + "); do cmp $M/slow/file$i $T/$i || exit; rm $T/$i; done");
  }

  @Test
  void twoDozenReadAheadsOfOneFileHoldUpNoOther() throws IOException {
    files.holdBack(
        files.file(ROOT, "long".getBytes(UTF_8), 0644, content(new byte[32 << 20])), gate);
    mount(files);
    Process reading =
        start(
            "for i in $(seq 0 31); do dd if=$M/long bs=1M skip=$i count=1 of=/dev/null & done; wait");
    await("the reads wait", () -> gate.waiting() >= 24);

    assertEquals("quick 9", sh("cat $M/quick/file9"));

    gate.open();
    assertTrue(endsInTime(reading));
  }

  @Test
  void aReaderThatIsKilledWhileItWaitsEnds() throws IOException {
    mount(files);
    Process reading = start("exec cat $M/slow/file1");
    await("the read waits", () -> gate.waiting() == 1);

    reading.destroyForcibly();

    assertTrue(endsInTime(reading));
    gate.open();
    assertEquals("5000", sh("cat $M/slow/file1 | wc -c"));
  }
}
