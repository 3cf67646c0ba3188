package io.loadstar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.Namespace;
import io.loadstar.containerd.rig.PrivateContainerd;
import io.loadstar.containerd.rig.PrivateRegistry;
import io.loadstar.oci.ImageReference;
import io.loadstar.pull.TestImage;
import io.loadstar.pull.served.DaemonPull;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.URI;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Scanner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The command as a process of its own. */
@Timeout(120)
class LaunchTest {

  /** Packages whose loading takes longer than a help text may. */
  private static final List<String> SLOW =
      List.of(
          "okhttp3.",
          "kotlin.",
          "com.fasterxml.",
          "io.netty.",
          "io.grpc.",
          "com.google.",
          "java.util.logging.");

  @TempDir private Path directory;

  /** Tests that run in the background have SIGINT ignored, and so has what they start. */
  private static List<String> java(String... arguments) {
    List<String> command = new ArrayList<>(List.of("env", "--default-signal=INT"));
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(List.of("-cp", System.getProperty("java.class.path")));
    command.addAll(List.of(arguments));
    return command;
  }

  private Process start(List<String> command) throws IOException {
    return new ProcessBuilder(command)
        .redirectOutput(directory.resolve("out").toFile())
        .redirectError(directory.resolve("err").toFile())
        .start();
  }

  private String said(String stream) throws IOException {
    return Files.readString(directory.resolve(stream));
  }

  @Test
  void helpLoadsNothingThatIsSlow() throws Exception {
    Path loaded = directory.resolve("loaded");
    Process process =
        start(java("-Xlog:class+load:file=" + loaded, Loadstar.class.getName(), "--help"));
    assertEquals(0, process.waitFor(), () -> "help failed");
    List<String> slow =
        Files.readAllLines(loaded, StandardCharsets.UTF_8).stream()
            .filter(line -> SLOW.stream().anyMatch(name -> line.contains(" " + name)))
            .toList();
    assertEquals(List.of(), slow);
  }

  /** Not even containerd needs to be there: all of a pull is somebody else's. */
  @Test
  void aPullThatTheDaemonDoesLoadsNothingThatIsSlow() throws Exception {
    Path loaded = directory.resolve("loaded");
    Path daemon = directory.resolve("s.sock");
    Process process;
    try (ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
      listening.bind(UnixDomainSocketAddress.of(DaemonPull.socket(daemon)));
      Thread.ofVirtual().start(() -> answer(listening));
      process =
          start(
              java(
                  "-Xlog:class+load:file=" + loaded,
                  Loadstar.class.getName(),
                  "pull",
                  "--daemon",
                  daemon.toString(),
                  "example.org/a:b"));
      assertEquals(0, process.waitFor(), () -> "the pull failed");
    }
    assertEquals("layer " + "a".repeat(12) + "  lazy (5 B)", said("err").strip());
    assertTrue(said("out").contains("layers: 1 lazy; 0 B downloaded"), said("out"));
    List<String> slow =
        Files.readAllLines(loaded, StandardCharsets.UTF_8).stream()
            .filter(line -> SLOW.stream().anyMatch(name -> line.contains(" " + name)))
            .filter(line -> !line.contains(" java.util.logging."))
            // A platform can be read out of JSON: its methods' types are looked at, no more.
            .filter(line -> !line.contains(" com.fasterxml.") || line.contains("ObjectMapper"))
            .toList();
    assertEquals(List.of(), slow);
  }

  private static void answer(ServerSocketChannel listening) {
    String layer = "sha256:" + "a".repeat(64) + " 5 LAZY 0\n";
    String answer = "serving\nready " + layer + "layer " + layer + "done sha256:%s 1\n";
    try (SocketChannel channel = listening.accept()) {
      Scanner order = new Scanner(channel, StandardCharsets.US_ASCII);
      while (!order.nextLine().equals("end")) {
        // What it says is tested elsewhere.
      }
      channel.write(
          ByteBuffer.wrap(answer.formatted("b".repeat(64)).getBytes(StandardCharsets.US_ASCII)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Test
  void aSocketThatIsNotForThisUserIsOneLineWithTheRemedy() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root");
    Path closed =
        Files.createDirectory(
            directory.resolve("closed"),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    Path socket = Files.createFile(closed.resolve("c.sock"));
    Files.setAttribute(closed, "unix:uid", 65534);
    // Root without capabilities is let into its own directories only.
    List<String> command =
        new ArrayList<>(List.of("setpriv", "--bounding-set=-all", "--inh-caps=-all"));
    command.addAll(
        java(Loadstar.class.getName(), "pull", "--address", socket.toString(), "example.org/a:b"));
    assertEquals(1, start(command).waitFor());
    assertEquals(
        "loadstar: containerd isn't reachable at " + socket + ": permission denied; run as root",
        said("err").strip());
  }

  /** The registry stops in the middle of a layer; the person gives up. */
  @Test
  void controlCEndsAPullWith130AndLeavesNothing() throws Exception {
    PrivateContainerd.assumePossible();
    PrivateRegistry.assumePossible();
    CountDownLatch stalled = new CountDownLatch(1);
    try (PrivateContainerd containerd =
            PrivateContainerd.start(Files.createDirectory(directory.resolve("c")));
        PrivateRegistry registry =
            PrivateRegistry.start(Files.createDirectory(directory.resolve("r")));
        StallingProxy proxy = new StallingProxy(registry.host(), stalled)) {
      TestImage image = TestImage.runnable(directory);
      image.push(ImageReference.parse(registry.host() + "/a:b"));
      proxy.stallAt(image.layers().get(0).digest().toString());
      Process process =
          start(
              java(
                  Loadstar.class.getName(),
                  "pull",
                  "--address",
                  containerd.address().toString(),
                  "--snapshotter",
                  "overlayfs",
                  proxy.host() + "/a:b"));
      try {
        stalled.await();
        new ProcessBuilder("kill", "-INT", Long.toString(process.pid())).start().waitFor();
        assertTrue(process.waitFor(30, TimeUnit.SECONDS), "still there");
      } finally {
        process.destroyForcibly();
      }
      assertEquals(130, process.exitValue(), said("err"));
      assertEquals("loadstar: interrupted", said("err").strip());
      try (ContainerdClient client =
          ContainerdClient.connect(containerd.address(), new Namespace("default"))) {
        assertEquals(List.of(), client.services().leases().list());
        assertEquals(List.of(), client.services().images().list());
        assertEquals(List.of(), client.services().content().unfinished());
        assertEquals(List.of(), client.services().snapshots("overlayfs").list());
      }
    }
  }

  /** Passes requests on to a registry, but never ends the answer for one blob. */
  private static final class StallingProxy implements AutoCloseable {
    private final HttpServer server;
    private final String registry;
    private final CountDownLatch stalled;
    private final CountDownLatch closed = new CountDownLatch(1);
    private volatile String stalledDigest = "none";

    StallingProxy(String registry, CountDownLatch stalled) throws IOException {
      this.registry = registry;
      this.stalled = stalled;
      server = HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
      server.setExecutor(Executors.newVirtualThreadPerTaskExecutor());
      server.createContext("/", this::answer);
      server.start();
    }

    String host() {
      return "127.0.0.1:" + server.getAddress().getPort();
    }

    void stallAt(String digest) {
      stalledDigest = digest;
    }

    private void answer(HttpExchange exchange) throws IOException {
      URI path = exchange.getRequestURI();
      var upstream = URI.create("http://" + registry + path).toURL().openConnection();
      String accept = exchange.getRequestHeaders().getFirst("Accept");
      if (accept != null) {
        upstream.setRequestProperty("Accept", accept);
      }
      byte[] body = upstream.getInputStream().readAllBytes();
      for (String header : List.of("Content-Type", "Docker-Content-Digest")) {
        String value = upstream.getHeaderField(header);
        if (value != null) {
          exchange.getResponseHeaders().set(header, value);
        }
      }
      exchange.sendResponseHeaders(200, body.length);
      try (OutputStream out = exchange.getResponseBody()) {
        if (path.toString().contains(stalledDigest)) {
          out.write(body, 0, body.length / 2);
          out.flush();
          stalled.countDown();
          closed.await();
        } else {
          out.write(body);
        }
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }

    @Override
    public void close() {
      closed.countDown();
      server.stop(0);
    }
  }
}
