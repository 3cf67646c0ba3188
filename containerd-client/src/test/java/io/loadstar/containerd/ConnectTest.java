package io.loadstar.containerd;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.containerd.ContainerdException.Code;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What is said when there is no containerd. */
class ConnectTest {

  @TempDir private Path directory;

  private ContainerdException refusal(Path socket) {
    return assertThrows(
        ContainerdException.class,
        () -> ContainerdClient.connect(socket, new Namespace("default")));
  }

  @Test
  void aMissingSocketIsNamedWithTheRemedy() {
    Path socket = directory.resolve("c.sock");
    ContainerdException refusal = refusal(socket);
    assertEquals(Code.UNREACHABLE, refusal.code());
    assertEquals(
        "containerd isn't reachable at "
            + socket
            + ": no such file; is containerd running? (--address)",
        refusal.getMessage());
  }

  @Test
  void aSocketThatNobodyListensAtIsNamedWithTheRemedy() throws IOException {
    Path socket = directory.resolve("c.sock");
    ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listener.bind(UnixDomainSocketAddress.of(socket));
    listener.close();
    assertEquals(
        "containerd isn't reachable at "
            + socket
            + ": Connection refused; is containerd running? (--address)",
        refusal(socket).getMessage());
  }

  @Test
  void aFileThatIsNoSocketIsRefused() throws IOException {
    Path file = Files.createFile(directory.resolve("c.sock"));
    assertEquals(Code.UNREACHABLE, refusal(file).code());
  }

  @Test
  void aPathTooLongForASocketIsRefused() throws IOException {
    Path file = Files.createFile(directory.resolve("x".repeat(120)));
    assertEquals(Code.UNREACHABLE, refusal(file).code());
  }

  @Test
  void aNamespaceHasAName() {
    assertThrows(IllegalArgumentException.class, () -> new Namespace(""));
    assertThrows(IllegalArgumentException.class, () -> new Namespace("a/b"));
    assertThrows(IllegalArgumentException.class, () -> new Namespace("-a"));
    assertThrows(IllegalArgumentException.class, () -> new Namespace("a".repeat(77)));
    assertEquals("k8s.io", new Namespace("k8s.io").name());
  }
}
