package io.loadstar.transport.kernel;

import static io.loadstar.fs.ReadOnlyFileSystem.ROOT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.ConnectedMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.Gate;
import io.loadstar.transport.MemoryFileSystem;
import io.loadstar.transport.MountingTest;
import java.io.IOException;
import java.lang.reflect.InvocationHandler;
import java.lang.reflect.InvocationTargetException;
import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.Test;

/** What is stuck past every limit is answered, and what isn't goes on. */
final class KernelWatchdogTest extends MountingTest {

  private final MemoryFileSystem files = new MemoryFileSystem();

  @Override
  protected FuseTransport transport() {
    return new KernelFuseTransport(KernelOptions.DEFAULT.withStuckAfter(Duration.ofMillis(400)));
  }

  @Test
  void aReadThatNobodyCompletesFailsAndLeavesNothing() throws IOException {
    Gate gate = new Gate();
    for (int i = 0; i < 300; i++) { // more than have room at once: some wait in the queue
      files.holdBack(files.file(ROOT, "slow" + i, "slow"), gate);
    }
    files.file(ROOT, "quick", "quick");
    mount(files);

    assertEquals(
        "300",
        sh(
            "for i in $(seq 0 299); do (cat $M/slow$i || echo error >> $T/errors) 2> /dev/null &"
                + " done; wait; grep -c error $T/errors; rm $T/errors"));
    assertEquals("quick", sh("cat $M/quick"));

    gate.open(); // and whoever had the buffers gives them back
    assertEquals("slow", sh("cat $M/slow7"));
  }

  @Test
  void aThreadThatDoesNotComeBackIsReplaced() throws IOException {
    files.symlink(ROOT, "link1", "x");
    files.symlink(ROOT, "link2", "x");
    files.symlink(ROOT, "link3", "x");
    files.file(ROOT, "file", "content");
    CountDownLatch latch = new CountDownLatch(1);
    ConnectedMount mount = (ConnectedMount) mount(hangingAtReadlink(latch));
    int threads = mount.threads();

    for (int i = 1; i <= 3; i++) {
      assertTrue(sh("ls -l $M/link" + i + " || true").contains("Input/output error"));
    }
    assertEquals("content", sh("cat $M/file"));
    assertEquals(threads + 3, mount.threads());

    latch.countDown();
    await("those that were replaced leave", () -> mount.threads() == threads);
    assertEquals("content", sh("cat $M/file"));
  }

  private ReadOnlyFileSystem hangingAtReadlink(CountDownLatch latch) {
    InvocationHandler handler =
        (_, method, arguments) -> {
          if (method.getName().equals("readlink")) {
            latch.await();
          }
          try {
            return method.invoke(files, arguments);
          } catch (InvocationTargetException e) {
            throw e.getCause();
          }
        };
    return (ReadOnlyFileSystem)
        Proxy.newProxyInstance(
            getClass().getClassLoader(), new Class<?>[] {ReadOnlyFileSystem.class}, handler);
  }
}
