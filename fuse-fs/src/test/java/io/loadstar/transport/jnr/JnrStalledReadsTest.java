package io.loadstar.transport.jnr;

import static io.loadstar.fs.ReadOnlyFileSystem.ROOT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.transport.ConnectedMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.Gate;
import io.loadstar.transport.MemoryFileSystem;
import io.loadstar.transport.StalledReadsContractTest;
import java.io.IOException;
import org.junit.jupiter.api.Test;

final class JnrStalledReadsTest extends StalledReadsContractTest {

  @Override
  protected FuseTransport transport() {
    return new JnrFuseTransport();
  }

  /** One thread never waits. */
  @Override
  protected int mostWaiting(int maxThreads) {
    return maxThreads - 1;
  }

  @Test
  void threadsGrowWithWhatWaitsAndShrinkAgain() throws IOException {
    MemoryFileSystem files = new MemoryFileSystem();
    Gate gate = new Gate();
    for (int i = 1; i <= 20; i++) {
      files.holdBack(files.file(ROOT, "file" + i, "slow"), gate);
    }
    ConnectedMount mount = (ConnectedMount) mount(files);
    assertEquals(SessionThreads.FREE, mount.threads());

    Process reading = start("for i in $(seq 20); do cat $M/file$i & done; wait");
    await("the reads wait", () -> gate.waiting() == 20);
    await("two are free again", () -> mount.threads() == 20 + SessionThreads.FREE);

    gate.open();
    assertTrue(endsInTime(reading));
    await("those not needed end", () -> mount.threads() == SessionThreads.FREE);
    assertEquals("slow", sh("cat $M/file1"));
  }
}
