package io.loadstar.linux;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class FileOnceTest {

  private static final FileTime OLD = FileTime.fromMillis(1_000_000_000_000L);

  @TempDir Path folder;

  private static ByteBuffer pathOf(Path file) {
    byte[] name = file.toString().getBytes(UTF_8);
    return ByteBuffer.allocateDirect(name.length + 1).put(name).put((byte) 0).flip();
  }

  private Path file() throws IOException {
    Path file = Files.write(folder.resolve("file"), "0123456789".getBytes(UTF_8));
    Files.setLastModifiedTime(file, OLD);
    return file;
  }

  @Test
  void aReadFillsTheBufferFromItsPositionOn() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(20).position(3).limit(7);
    assertEquals(4, FileOnce.read(pathOf(file()), 2, buffer, false));
    assertEquals(7, buffer.position());
    assertEquals("2345", UTF_8.decode(buffer.flip().position(3)).toString());
    assertEquals(OLD, Files.getLastModifiedTime(folder.resolve("file")));
  }

  @Test
  void aReadPastTheEndIsShort() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(20);
    assertEquals(3, FileOnce.read(pathOf(file()), 7, buffer, false));
    assertEquals(3, buffer.position());
    assertEquals(0, FileOnce.read(pathOf(file()), 10, buffer, false));
    assertEquals(3, buffer.position());
  }

  @Test
  void aTouchedFileIsAsNew() throws IOException {
    FileOnce.read(pathOf(file()), 0, ByteBuffer.allocateDirect(1), true);
    assertTrue(Files.getLastModifiedTime(folder.resolve("file")).compareTo(OLD) > 0);
  }

  @Test
  void whatCannotBeReadFails() throws IOException {
    ByteBuffer buffer = ByteBuffer.allocateDirect(20);
    assertEquals(FileOnce.FAILED, FileOnce.read(pathOf(folder.resolve("none")), 0, buffer, false));
    assertEquals(FileOnce.FAILED, FileOnce.read(pathOf(folder), 0, buffer, false));
    assertEquals(0, buffer.position());
  }
}
