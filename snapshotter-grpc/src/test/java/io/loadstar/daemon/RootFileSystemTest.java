package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.snapshot.Mount;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A root directory on a disk that won't do. */
final class RootFileSystemTest {

  @TempDir Path folder;

  @BeforeEach
  void needRoot() throws Exception {
    assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "skipped: needs root");
    Files.createDirectory(folder.resolve("root"));
  }

  @AfterEach
  void unmount() throws Exception {
    for (String mount : DaemonProcess.mounts(folder)) {
      DaemonNode.run("umount", "-l", mount);
    }
  }

  private int run(String... command) throws Exception {
    return new ProcessBuilder(command)
        .redirectErrorStream(true)
        .redirectOutput(folder.resolve("output").toFile())
        .start()
        .waitFor();
  }

  private String root() {
    return folder.resolve("root").toString();
  }

  /** What is in the root directory then. */
  private List<String> assertEndsWith(String reason) throws Exception {
    try (DaemonProcess daemon = DaemonProcess.launch(folder, "")) {
      assertEquals(1, daemon.exitStatus(), daemon.log());
      assertEquals(1, daemon.log().lines().count(), daemon.log());
      assertTrue(daemon.log().contains(root() + ": " + reason), daemon.log());
      return names(folder.resolve("root"));
    }
  }

  @Test
  void withoutTheTypesOfEntriesItDoesNotStart() throws Exception {
    Path disk = folder.resolve("disk");
    assumeTrue(isThere("mkfs.ext4"), "skipped: needs mkfs.ext4");
    assertEquals(0, run("truncate", "--size=16M", disk.toString()));
    assertEquals(0, run("mkfs.ext4", "-q", "-O", "^filetype", disk.toString()));
    assumeTrue(
        run("mount", "-o", "loop", disk.toString(), root()) == 0, "skipped: needs loop devices");
    assertEquals(
        List.of("lock"),
        assertEndsWith("its file system doesn't tell the types of directory entries (d_type)"),
        "something half-written is left behind");
  }

  @Test
  void withoutRoomItDoesNotStart() throws Exception {
    DaemonNode.run("mount", "-t", "tmpfs", "-o", "size=256k", "tmpfs", root());
    fill();
    assertFalse(assertEndsWith("no room left on its disk").contains("layers"));
  }

  @Test
  void aDiskThatFillsUpFailsACallAndLeavesNothingOfIt() throws Exception {
    DaemonNode.run("mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", root());
    try (DaemonProcess daemon = DaemonProcess.start(folder, "");
        var client = daemon.connect()) {
      client.prepare("before", "", Map.of());
      fill();
      RuntimeException full =
          assertThrows(
              RuntimeException.class,
              () -> {
                for (int i = 0; i < 2_000; i++) { // what SQLite has to write finds room for a while
                  client.prepare(
                      "key " + i, "", Map.of("containerd.io/snapshot/l", "v".repeat(2000)));
                }
              });
      assertTrue(String.valueOf(full.getMessage()).contains("INTERNAL"), full.toString());
      int made = client.list(List.of()).size();
      Files.delete(folder.resolve("root/filling"));
      List<Mount> after = client.prepare("after", "", Map.of());
      assertEquals(made + 1, client.list(List.of()).size());
      assertTrue(Files.isDirectory(Path.of(after.getFirst().source())));
      client.cleanup();
      assertEquals(made + 1, names(folder.resolve("root/snapshotter/snapshots")).size());
    }
  }

  private void fill() throws Exception {
    assertEquals(
        1, run("dd", "if=/dev/zero", "of=" + folder.resolve("root/filling"), "bs=4k"), "filled");
  }

  private static boolean isThere(String program) {
    return List.of("/usr/sbin", "/sbin").stream()
        .anyMatch(place -> Files.exists(Path.of(place, program)));
  }

  private static List<String> names(Path directory) throws IOException {
    try (var entries = Files.list(directory)) {
      return entries
          .map(entry -> entry.getFileName().toString())
          .filter(name -> !name.equals("lost+found"))
          .sorted()
          .toList();
    }
  }
}
