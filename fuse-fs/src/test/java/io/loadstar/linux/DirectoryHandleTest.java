package io.loadstar.linux;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class DirectoryHandleTest {

  @TempDir Path folder;

  @Test
  void whatIsMadeIsThere() throws Exception {
    byte[] content = new byte[200_000];
    content[150_000] = 7;
    try (DirectoryHandle directory = DirectoryHandle.open(folder)) {
      try (OutputStream out = directory.makeFile("file")) {
        out.write(content);
      }
      directory.permit("file", 0640);
      directory.makeDirectory("d", 0700);
      directory.makeSymlink("link", "../x");
      directory.setTimes("link", Instant.ofEpochSecond(12, 34_000));
      try (DirectoryHandle below = directory.openBeneath("d")) {
        below.link(directory, "file", "second");
        directory.move("file", below, "moved");
      }
    }
    assertArrayEquals(content, Files.readAllBytes(folder.resolve("d/moved")));
    assertTrue(Files.isSameFile(folder.resolve("d/moved"), folder.resolve("d/second")));
    assertEquals(
        "rw-r-----",
        PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("d/second"))));
    assertEquals(Path.of("../x"), Files.readSymbolicLink(folder.resolve("link")));
    assertEquals(
        Instant.ofEpochSecond(12, 34_000),
        Files.getLastModifiedTime(folder.resolve("link"), LinkOption.NOFOLLOW_LINKS).toInstant());
  }

  @Test
  void aStatusSaysWhatSomethingIs() throws Exception {
    try (DirectoryHandle directory = DirectoryHandle.open(folder)) {
      directory.makeNode("pipe", FileStatus.S_IFIFO | 0600, 0);
      directory.makeSymlink("link", "nowhere");
      assertTrue(directory.status("nothing").isEmpty());
      assertTrue(directory.status(".").orElseThrow().isDirectory());
      assertTrue(directory.status("link").orElseThrow().isSymlink());
      FileStatus pipe = directory.status("pipe").orElseThrow();
      assertEquals(FileStatus.S_IFIFO, pipe.mode() & FileStatus.S_IFMT);
      assertEquals(1, pipe.links());
    }
  }

  @Test
  void linksLeadNowhereOutside() throws Exception {
    Path root = folder.resolve("root");
    Files.createDirectories(root.resolve("etc"));
    Path outside = Files.createDirectories(folder.resolve("etc"));
    Files.createSymbolicLink(root.resolve("up"), Path.of("../../../../etc"));
    Files.createSymbolicLink(root.resolve("absolute"), Path.of("/etc"));
    try (DirectoryHandle directory = DirectoryHandle.open(root)) {
      for (String path : new String[] {"up", "absolute", "../etc"}) {
        try (DirectoryHandle found = directory.openBeneath(path)) {
          found.makeFile(path.replace("/", "-")).close();
        }
      }
    }
    try (var found = Files.list(root.resolve("etc"));
        var leaked = Files.list(outside)) {
      assertEquals(3, found.count());
      assertEquals(0, leaked.count());
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "..", "a/b", "/etc", "a\0b"})
  void whatIsNotOneNameIsRefused(String name) throws Exception {
    try (DirectoryHandle directory = DirectoryHandle.open(folder)) {
      ErrnoException e =
          assertThrows(ErrnoException.class, () -> directory.makeDirectory(name, 0700));
      assertEquals(Errno.EINVAL, e.errno());
    }
  }

  @Test
  void namesAreUtf8WhateverTheLocaleSays() throws Exception {
    String name = "\u00fc\u4e2d";
    try (DirectoryHandle directory = DirectoryHandle.open(folder)) {
      directory.makeFile(name).close();
    }
    Process list = new ProcessBuilder("ls", folder.toString()).start();
    assertEquals(
        name + "\n", new String(list.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    assertEquals(0, list.waitFor());
  }

  @Test
  void anAttributeIsSet() throws Exception {
    try (DirectoryHandle directory = DirectoryHandle.open(folder)) {
      directory.makeFile("file").close();
      try {
        directory.setXattr("file", "user.loadstar", new byte[] {1, 2, 0});
      } catch (ErrnoException e) {
        org.junit.jupiter.api.Assumptions.assumeFalse(
            e.errno() == Errno.EOPNOTSUPP, "skipped: the file system has no user attributes");
        throw e;
      }
    }
    var view =
        Files.getFileAttributeView(
            folder.resolve("file"), java.nio.file.attribute.UserDefinedFileAttributeView.class);
    assertEquals(3, view.size("loadstar"));
  }

  @Test
  void whatIsNotThereCannotBeOpened() throws Exception {
    try (DirectoryHandle directory = DirectoryHandle.open(folder)) {
      ErrnoException e =
          assertThrows(ErrnoException.class, () -> directory.openBeneath("none/at/all").close());
      assertEquals(Errno.ENOENT, e.errno());
      directory.makeDirectory("d", 0700);
      e = assertThrows(ErrnoException.class, () -> directory.makeDirectory("d", 0700));
      assertEquals(Errno.EEXIST, e.errno());
    }
    assertFalse(Files.exists(folder.resolve("none")));
  }
}
