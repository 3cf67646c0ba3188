package io.loadstar.transport;

import static io.loadstar.fs.ReadOnlyFileSystem.ROOT;
import static io.loadstar.transport.MemoryFileSystem.content;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.linux.MountTable;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** How a mount of any transport comes, stays and goes, and that it leaves nothing. */
public abstract class MountLifeContractTest extends MountingTest {

  private final MemoryFileSystem files = new MemoryFileSystem();

  /** How many threads serve {@code mount}; 0 when it is gone. */
  protected abstract int threadsOf(FuseMount mount);

  @Test
  void aMountIsInTheTableAndAnswersWhenItIsHandedOut() throws IOException {
    files.file(ROOT, "file", "here");
    FuseMount mount = mount(files);

    MountTable.Entry entry = MountTable.read().at(mount.mountPoint());
    assertNotNull(entry);
    assertTrue(entry.isFuse());
    assertEquals("loadstar", entry.source());
    assertTrue(mount.isAlive());
    assertEquals("here", sh("cat $M/file"));
  }

  @Test
  void closingUnmountsAndEndsItsThreads() throws IOException {
    FuseMount mount = mount(files);
    assertTrue(threadsOf(mount) > 0);

    mount.close();
    mount.close();

    assertFalse(mount.isAlive());
    assertEquals(0, threadsOf(mount));
    assertNull(MountTable.read().at(mount.mountPoint()));
    assertEquals("", sh("ls -A $M"));
  }

  @Test
  void aMountThatWasUnmountedFromOutsideEndsByItself() throws IOException {
    FuseMount mount = mount(files);

    sh("umount $M");

    await("it notices", () -> !mount.isAlive());
    await("its threads end", () -> threadsOf(mount) == 0);
    mount.close();
  }

  @Test
  void aPlaceThatWasUnmountedFromOutsideAndMountedAnewIsLeftAlone() throws IOException {
    FuseMount first = mount(files);
    sh("umount $M");
    FuseMount second = mount(files, first.mountPoint(), 2);

    first.close();

    assertFalse(first.isAlive());
    assertTrue(second.isAlive());
  }

  @Test
  void aBusyMountLeavesTheTreeAndItsUsersGetErrors() throws IOException {
    files.file(ROOT, "file".getBytes(UTF_8), 0644, content(new byte[4 << 20]));
    FuseMount mount = mount(files);
    Process user =
        start("exec 3< $M/file; cd $M; echo ready; read go; cat <&3 > /dev/null; ls; echo $?");
    BufferedReader output = user.inputReader(UTF_8);
    assertEquals("ready", output.readLine());

    mount.close();

    assertNull(MountTable.read().at(mount.mountPoint()));
    assertEquals(0, threadsOf(mount));
    user.outputWriter(UTF_8).append("go\n").flush();
    assertTrue(endsInTime(user));
    assertTrue(output.readAllAsString().contains("not connected"));
  }

  @Test
  void aMountThatIsHeldByAnotherNamespaceIsClosedAllTheSame() throws IOException {
    assumeCommand("unshare");
    FuseMount mount = mount(files);
    Process holder = start("exec unshare -m sh -c 'echo ready; read go'");
    assertEquals("ready", holder.inputReader(UTF_8).readLine());

    mount.close();

    assertEquals(0, threadsOf(mount));
    holder.outputWriter(UTF_8).append("go\n").flush();
    assertTrue(endsInTime(holder));
  }

  @Test
  void aMountThatIsCoveredIsNotTakenForItsCover() throws IOException {
    FuseMount mount = mount(files);
    sh("mount -t tmpfs cover $M");

    IOException e = assertThrows(IOException.class, mount::close);

    assertTrue(String.valueOf(e.getMessage()).contains("another mount lies over it"));
    sh("umount $M");
    assertTrue(mount.isAlive());
  }

  @Test
  void aPlaceThatCannotBeMountedOnIsRefusedInOneLine() throws IOException {
    Path missing = newDirectory("parent").resolve("missing");
    Path full = newDirectory("full");
    Path file = Files.createFile(full.resolve("file"));
    Path taken = mount(files).mountPoint();

    for (Path place : new Path[] {missing, file, full, taken}) {
      IOException e =
          assertThrows(IOException.class, () -> mount(files, place, 2), place.toString());
      assertTrue(String.valueOf(e.getMessage()).contains(place.toString()));
      assertFalse(String.valueOf(e.getMessage()).contains("\n"));
    }
    assertEquals(1, MountTable.read().below(taken).size());
    assertNull(MountTable.read().at(full));
  }

  @Test
  void aMountThatTheKernelRefusesLeavesNothing() throws IOException {
    Path place = newDirectory("place");
    files.file(ROOT, "file", "here");
    mountOften(place, 1);
    long descriptors = openDescriptors();

    // The kernel takes a page of source at most.
    assertThrows(
        IOException.class,
        () -> transport().mount(files, new MountSpec(place, "s".repeat(5_000), 2)));

    assertEquals(descriptors, openDescriptors());
    assertNull(MountTable.read().at(place));
  }

  @Test
  void oddPlacesAreMountedOnAndLinksAreFollowed() throws IOException {
    files.file(ROOT, "file", "here");
    Path odd = newDirectory("odd \\ name\twith\nall");
    Path link = Files.createSymbolicLink(newDirectory("links").resolve("link"), odd);

    try (FuseMount mount = mount(files, link, 2)) {
      assertTrue(mount.isAlive());
      assertEquals(link, mount.mountPoint());
      assertEquals("here", sh("cat $T/links/link/file"));
    }
    assertNull(MountTable.read().at(odd));
  }

  @Test
  void mountsSideBySideDontMeet() throws IOException {
    for (int i = 0; i < 10; i++) {
      MemoryFileSystem other = new MemoryFileSystem();
      other.file(ROOT, "file", "of " + i);
      mount(other, newDirectory("place" + i), 2);
    }
    for (int i = 0; i < 10; i++) {
      assertEquals("of " + i, sh("cat $T/place" + i + "/file"));
    }
  }

  @Test
  void mountingManyTimesLeaksNeitherThreadsNorDescriptors() throws IOException {
    Path place = newDirectory("place");
    files.file(ROOT, "file", "here");
    mountOften(place, 3);
    long descriptors = openDescriptors();
    int threads = Thread.activeCount();

    mountOften(place, bounded("mounts one after the other", 50, 200));

    assertEquals(descriptors, openDescriptors());
    await("no thread is left", () -> Thread.activeCount() <= threads);
  }

  private void mountOften(Path place, int times) throws IOException {
    for (int i = 0; i < times; i++) {
      FuseMount mount = transport().mount(files, new MountSpec(place, "loadstar", 64));
      try (mount) {
        if (i % 10 == 0) {
          assertEquals("here", sh("cat $T/place/file"));
        }
      }
      assertEquals(0, threadsOf(mount));
    }
  }

  private static long openDescriptors() throws IOException {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.count();
    }
  }

  @Test
  void aFileSystemIsNotAskedAnyMoreOnceItsMountIsClosed() throws IOException {
    files.file(ROOT, "file", "x");
    Gate gate = new Gate();
    files.holdBack(files.file(ROOT, "slow", "slow"), gate);
    FuseMount mount = mount(files);
    Process reader = start("cat $M/slow; echo $?");
    await("the read waits", () -> gate.waiting() == 1);

    mount.close();

    assertTrue(endsInTime(reader));
    assertNotEquals("slow0\n", reader.inputReader(UTF_8).readAllAsString());
    assertEquals(0, threadsOf(mount));
    gate.open();
  }
}
