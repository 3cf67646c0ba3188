package io.loadstar.pull;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.Namespace;
import io.loadstar.containerd.Services;
import io.loadstar.containerd.rig.PrivateContainerd;
import io.loadstar.credentials.Credentials.UsernamePassword;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageProcess;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.pull.served.DaemonPull;
import io.loadstar.pull.served.PullOrder;
import io.loadstar.pull.served.PullServer;
import io.loadstar.registry.RegistryAccess;
import io.loadstar.registry.RegistryClient;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Faults;
import java.io.BufferedReader;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.logging.Level;
import java.util.logging.Logger;
import mockwebserver3.RecordedRequest;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Pulls that a daemon does, with a real containerd. Each test has a namespace of its own. */
@Timeout(120)
class ServedPullTest {

  private static final String LAZY = "recording";
  private static final int AT_ONCE = 1;

  /** Netty warns of an option that gRPC sets and unix sockets don't have. */
  private static final Logger NETTY = Logger.getLogger("io.netty.bootstrap");

  @TempDir private static Path directory;
  private static @Nullable PrivateContainerd containerd;
  private static @Nullable RecordingSnapshotter snapshotter;

  @TempDir private Path scratch;
  private final FakeRegistry registry = new FakeRegistry();
  private final List<Digest> expected = new CopyOnWriteArrayList<>();
  private final List<ImageProcess> started = new CopyOnWriteArrayList<>();

  private final PullServer.LayersAhead ahead =
      new PullServer.LayersAhead() {
        @Override
        public void expect(ImageReference image, List<Descriptor> layers) {
          layers.forEach(layer -> expected.add(layer.digest()));
        }

        @Override
        public void starts(ImageReference image, ImageProcess process) {
          started.add(process);
        }
      };

  private final List<String> heard = new CopyOnWriteArrayList<>();
  private final CountDownLatch downloading = new CountDownLatch(1);
  private ImageReference name = ImageReference.parse("none");
  private Namespace namespace = new Namespace("none");
  private PullServer server;
  private ContainerdClient client;
  private Services services;

  private static Path socket() {
    return directory.resolve("r.sock");
  }

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    PrivateContainerd.assumePossible();
    NETTY.setLevel(Level.SEVERE);
    snapshotter =
        new RecordingSnapshotter(socket(), Files.createDirectory(directory.resolve("recording")));
    containerd =
        PrivateContainerd.start(
            Files.createDirectory(directory.resolve("c")),
            Map.of(LAZY, socket(), "other", directory.resolve("other.sock")));
  }

  @AfterAll
  static void end() throws IOException {
    if (containerd != null) {
      containerd.close();
    }
    if (snapshotter != null) {
      snapshotter.close();
    }
  }

  @BeforeEach
  void serve(TestInfo test) throws Exception {
    namespace = new Namespace(test.getTestMethod().orElseThrow().getName());
    name = ImageReference.parse(registry.host() + "/a:1");
    client = ContainerdClient.connect(address(), namespace);
    services = client.services();
    ServerSocketChannel listening = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
    listening.bind(UnixDomainSocketAddress.of(DaemonPull.socket(socket())));
    server = PullServer.start(listening, new PullServer.Snapshotter(socket(), ahead), AT_ONCE);
  }

  @AfterEach
  void endServing() throws IOException {
    server.close();
    Files.deleteIfExists(DaemonPull.socket(socket()));
    client.close();
    registry.close();
  }

  private static Path address() {
    if (containerd == null) {
      throw new IllegalStateException("not started");
    }
    return containerd.address();
  }

  private PullOrder order(String by) {
    Caller.Registries registries = new Caller.Registries("", Caller.Protection.TLS);
    return order(by, Caller.ofProcess(registries, Optional.empty()));
  }

  private PullOrder order(String by, Caller caller) {
    return new PullOrder(
        new PullRequest(name, Optional.empty(), by),
        new PullOrder.Target(address(), namespace),
        caller);
  }

  private Optional<PullReport> pull(PullOrder order) throws Exception {
    return DaemonPull.run(socket(), order, new Listener());
  }

  private PullReport pullHere() throws Exception {
    try (RegistryClient registries = new RegistryClient(RegistryAccess.defaults());
        ImageSource source = registries.source(name)) {
      return new Pull(order(LAZY).request(), source, client, new Listener()).run();
    }
  }

  private final class Listener implements PullListener {
    @Override
    public void downloadStarted(PulledLayer layer) {
      heard.add("started " + layer.digest());
      downloading.countDown();
    }

    @Override
    public void downloaded(PulledLayer layer, long bytes) {}

    @Override
    public void downloadEnded(PulledLayer layer) {
      heard.add("ended " + layer.digest());
    }

    @Override
    public void layerReady(LayerOutcome outcome) {
      heard.add("ready " + outcome.digest() + " " + outcome.state());
    }
  }

  /** Its second layer isn't lazy. */
  private TestImage pushHalfLazy() throws IOException {
    TestImage image = TestImage.runnable(scratch);
    image.annotate(0, SnapshotLabels.TOC_DIGEST, Digest.of(new byte[] {1}).toString());
    image.push(name);
    return image;
  }

  private void assertNothingLeft() throws Exception {
    assertEquals(List.of(), services.images().list());
    assertEquals(List.of(), services.leases().list());
    assertEquals(List.of(), services.content().unfinished());
  }

  @Test
  void aPullDoesAndTellsTheSameAsOneThatIsDoneHere() throws Exception {
    TestImage image = pushHalfLazy();
    PullReport report = pull(order(LAZY)).orElseThrow();

    Descriptor lazy = image.layers().get(0);
    Descriptor ordinary = image.layers().get(1);
    assertEquals(
        List.of(
            new LayerOutcome(lazy.digest(), lazy.size(), LayerOutcome.State.LAZY, 0),
            new LayerOutcome(
                ordinary.digest(), ordinary.size(), LayerOutcome.State.UNPACKED, ordinary.size())),
        report.layers());
    assertEquals(
        services.images().get(name.toString()).orElseThrow().target().digest(),
        report.target().toString());
    assertEquals(
        List.of(
            "ready " + lazy.digest() + " LAZY",
            "started " + ordinary.digest(),
            "ended " + ordinary.digest(),
            "ready " + ordinary.digest() + " UNPACKED"),
        heard);
    assertEquals(List.of(lazy.digest()), expected);
    assertEquals(1, started.size());
    assertEquals(List.of(), services.leases().list());
    assertEquals(report.target(), pullHere().target());
  }

  @Test
  void whatFailsFailsWithTheSameWords() throws Exception {
    pushHalfLazy();
    name = ImageReference.parse(registry.host() + "/a:none");
    Exception here = assertThrows(Exception.class, this::pullHere);
    Exception there = assertThrows(PullException.class, () -> pull(order(LAZY)));
    assertEquals(ErrorLine.of(here), ErrorLine.of(there));
    assertNothingLeft();
  }

  @Test
  void aSecondPullOpensNoConnectionAndAnotherCallersDoes() throws Exception {
    pushHalfLazy();
    var _ = pull(order(LAZY));
    int before = connections();
    var _ = pull(order(LAZY));
    assertEquals(before, connections());
    Caller other =
        new Caller(
            new Caller.Registries("", Caller.Protection.TLS),
            Optional.of(new UsernamePassword("other", "secret")),
            Map.of(),
            scratch);
    var _ = pull(order(LAZY, other));
    assertEquals(before + 1, connections());
  }

  private int connections() {
    return (int)
        registry.requests().stream().map(RecordedRequest::getConnectionIndex).distinct().count();
  }

  @Test
  void aSnapshotterThatContainerdDoesNotMeanIsNotServed() throws Exception {
    pushHalfLazy();
    for (String by : List.of("other", "overlayfs", "none")) {
      assertEquals(Optional.empty(), pull(order(by)), by);
    }
    assertNothingLeft();
  }

  @Test
  void whereNobodyListensNothingIsServed() throws Exception {
    server.close();
    assertEquals(Optional.empty(), pull(order(LAZY)));
  }

  @Test
  void aPullThatIsGivenUpIsTidiedUpBeforeItEndsHere() throws Exception {
    FutureTask<Optional<PullReport>> pull = stalledPull();
    Thread thread = Thread.ofVirtual().start(pull);
    downloading.await();
    thread.interrupt();
    ExecutionException failure = assertThrows(ExecutionException.class, pull::get);
    assertInstanceOf(InterruptedException.class, failure.getCause());
    assertNothingLeft();
  }

  @Test
  void aDaemonThatStopsTidiesUpAndSaysSo() throws Exception {
    FutureTask<Optional<PullReport>> pull = stalledPull();
    Thread.ofVirtual().start(pull);
    downloading.await();
    server.close();
    ExecutionException failure = assertThrows(ExecutionException.class, pull::get);
    PullException cause = assertInstanceOf(PullException.class, failure.getCause());
    assertEquals(
        "image "
            + name
            + ": loadstar-snapshotter was stopped in the middle of the pull;"
            + " pull again when it runs",
        cause.getMessage());
    assertNothingLeft();
  }

  @Test
  void onePullMoreThanIsAllowedIsNotServed() throws Exception {
    FutureTask<Optional<PullReport>> pull = stalledPull();
    Thread thread = Thread.ofVirtual().start(pull);
    downloading.await();
    assertEquals(Optional.empty(), pull(order(LAZY)));
    thread.interrupt();
    assertThrows(ExecutionException.class, pull::get);
  }

  private FutureTask<Optional<PullReport>> stalledPull() throws IOException {
    TestImage image = pushHalfLazy();
    String digest = image.layers().get(1).digest().toString();
    registry.always(request -> request.getTarget().endsWith(digest), Faults.stall(10));
    return new FutureTask<>(() -> pull(order(LAZY)));
  }

  @Test
  void whatIsNoOrderIsAnsweredInALine() throws Exception {
    for (String sent :
        List.of(
            "GET / HTTP/1.1\n",
            "loadstar-pull 2\n",
            "loadstar-pull 1\nimage %zz\n",
            "loadstar-pull 1\nkernel a b c\ncontainerd /x ..\n",
            "\n",
            "x".repeat(500_000))) {
      String answer = answer(sent);
      assertTrue(answer.startsWith("not-served "), answer);
    }
  }

  private static String answer(String sent) throws IOException {
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(DaemonPull.socket(socket())))) {
      Thread.ofVirtual().start(() -> send(channel, sent));
      return String.valueOf(
          new BufferedReader(Channels.newReader(channel, StandardCharsets.US_ASCII)).readLine());
    }
  }

  private static void send(SocketChannel channel, String sent) {
    try {
      ByteBuffer bytes = ByteBuffer.wrap(sent.getBytes(StandardCharsets.US_ASCII));
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
      channel.shutdownOutput();
    } catch (IOException e) {
      // It was answered before all of it was read.
    }
  }
}
