package io.loadstar.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class UnixSocketServerTest {

  @TempDir Path folder;

  private final ExecutorService calls = Executors.newCachedThreadPool();

  @AfterEach
  void stop() {
    calls.close();
  }

  private UnixSocketServer start(Path address) throws IOException {
    return UnixSocketServer.start(address, calls, UnixSocketServer.Offer.of());
  }

  private static void connect(Path address) throws IOException {
    SocketChannel.open(UnixDomainSocketAddress.of(address)).close();
  }

  private static String message(Path address, ExecutorService calls) {
    return String.valueOf(
        assertThrows(
                IOException.class,
                () -> UnixSocketServer.start(address, calls, UnixSocketServer.Offer.of()).close())
            .getMessage());
  }

  @Test
  void onlyTheOwnerMayConnect() throws Exception {
    Path address = folder.resolve("made/s.sock");
    try (UnixSocketServer server = start(address)) {
      connect(server.address());
      assertEquals(
          "rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(address)));
      assertEquals(
          "rwx------",
          PosixFilePermissions.toString(Files.getPosixFilePermissions(folder.resolve("made"))));
    }
    try (Stream<Path> left = Files.list(folder.resolve("made"))) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void aSocketThatNobodyListensOnIsReplaced() throws Exception {
    Path address = folder.resolve("s.sock");
    try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      dead.bind(UnixDomainSocketAddress.of(address));
    }
    assertTrue(Files.exists(address));
    try (UnixSocketServer _ = start(address)) {
      connect(address);
    }
  }

  @Test
  void aSocketThatSomebodyListensOnIsLeftAlone() throws Exception {
    Path address = folder.resolve("s.sock");
    try (UnixSocketServer _ = start(address)) {
      assertTrue(message(address, calls).contains("in use by a running daemon"));
      connect(address);
    }
  }

  @Test
  void whatIsNoSocketIsLeftAlone() throws Exception {
    Path file = Files.writeString(folder.resolve("file"), "precious");
    assertTrue(message(file, calls).contains("isn't a socket"));
    assertEquals("precious", Files.readString(file));
  }

  @Test
  void aPathThatIsTooLongIsTold() {
    assertTrue(message(folder.resolve("s".repeat(108)), calls).contains("too long"));
  }

  @Test
  void theSocketOfASuccessorIsLeftAlone() throws Exception {
    Path address = folder.resolve("s.sock");
    UnixSocketServer first = start(address);
    Files.delete(address);
    try (UnixSocketServer _ = start(address)) {
      first.close();
      connect(address);
    }
  }
}
