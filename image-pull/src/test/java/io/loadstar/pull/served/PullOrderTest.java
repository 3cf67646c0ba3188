package io.loadstar.pull.served;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.containerd.Namespace;
import io.loadstar.credentials.Credentials.UsernamePassword;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.Platform;
import io.loadstar.pull.Caller;
import io.loadstar.pull.PullRequest;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.channels.Channels;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** What is ordered is what arrives. */
class PullOrderTest {

  private static final KernelNamespaces KERNEL =
      new KernelNamespaces("mnt:[1]", "net:[2]", "user:[3]");

  private static PullOrder order(Optional<Platform> platform, Optional<UsernamePassword> login) {
    return new PullOrder(
        new PullRequest(
            ImageReference.parse("r.example:5000/a/b:c"),
            platform,
            "loadstar",
            new PullRequest.Choices(PullRequest.Promise.NOT_REQUIRED, PullRequest.Blobs.ALL)),
        new PullOrder.Target(Path.of("/run/c d.sock"), new Namespace("k8s.io")),
        new Caller(
            new Caller.Registries("/a:/b c", Caller.Protection.NONE),
            login,
            Map.of(
                "EMPTY", "", "LINES", "a\nb\r\n%41 +\t", "ÄÖ", "日本", "HTTPS_PROXY", "http://u:p@h"),
            Path.of("/root")));
  }

  private static byte[] bytes(PullOrder order) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Line line : order.lines(KERNEL)) {
      bytes.write(line.bytes());
    }
    return bytes.toByteArray();
  }

  private static PullOrder.Received read(byte[] bytes) throws IOException {
    return PullOrder.read(reader(bytes, PullOrder.MAX_BYTES));
  }

  private static LineReader reader(byte[] bytes, long most) {
    return new LineReader(Channels.newChannel(new ByteArrayInputStream(bytes)), most);
  }

  @Test
  void anOrderArrivesAsItWasSent() throws IOException {
    PullOrder plain = order(Optional.empty(), Optional.empty());
    assertEquals(new PullOrder.Received(plain, KERNEL), read(bytes(plain)));
    PullOrder full =
        order(
            Optional.of(Platform.parse("linux/arm/v7")),
            Optional.of(new UsernamePassword("me", "p a\nss:")));
    assertEquals(new PullOrder.Received(full, KERNEL), read(bytes(full)));
  }

  @Test
  void anOrderThatIsCutAnywhereIsMalformed() throws IOException {
    byte[] bytes = bytes(order(Optional.empty(), Optional.empty()));
    for (int length = 0; length < bytes.length; length++) {
      byte[] cut = java.util.Arrays.copyOf(bytes, length);
      assertThrows(MalformedLineException.class, () -> read(cut));
    }
  }

  @Test
  void moreThanIsBearableIsNotRead() {
    byte[] lines = "a\n".repeat(1000).getBytes(StandardCharsets.US_ASCII);
    LineReader reader = reader(lines, 100);
    assertThrows(
        MalformedLineException.class,
        () -> {
          while (reader.read().isPresent()) {
            // Until it is too much.
          }
        });
    byte[] line = new byte[1 << 20];
    assertThrows(MalformedLineException.class, () -> reader(line, Long.MAX_VALUE).read());
  }

  @Test
  void itsTextHasNoSecrets() {
    PullOrder order = order(Optional.empty(), Optional.of(new UsernamePassword("me", "secret")));
    assertFalse((order + " " + order.caller()).contains("secret"));
    assertFalse((order + " " + order.caller()).contains("u:p"));
    assertFalse(Line.of("login", "me", "secret").toString().contains("secret"));
  }
}
