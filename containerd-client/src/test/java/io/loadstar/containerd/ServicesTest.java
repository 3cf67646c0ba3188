package io.loadstar.containerd;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.api.content.v1.ContentGrpc;
import io.loadstar.containerd.ContainerdException.Code;
import io.loadstar.containerd.Content.Written;
import io.loadstar.containerd.rig.PrivateContainerd;
import java.io.IOException;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.time.Duration;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInfo;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The client against a real containerd. Each test has a namespace of its own. */
@Timeout(120)
class ServicesTest {

  private static final int LARGE = 3 * Ingest.MESSAGE_BYTES + 12_345;

  /** Netty warns of an option that gRPC sets and unix sockets don't have. */
  private static final Logger NETTY = Logger.getLogger("io.netty.bootstrap");

  @TempDir private static Path directory;
  private static @Nullable PrivateContainerd containerd;

  private ContainerdClient client;
  private Services services;
  private Content content;
  private Lease lease;

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    PrivateContainerd.assumePossible();
    NETTY.setLevel(Level.SEVERE);
    containerd = PrivateContainerd.start(directory);
  }

  @AfterAll
  static void end() throws IOException {
    if (containerd != null) {
      containerd.close();
    }
  }

  @BeforeEach
  void connect(TestInfo test) throws ContainerdException {
    client = connect(test.getTestMethod().orElseThrow().getName());
    lease = Lease.unused();
    client.services().leases().create(lease, Duration.ofHours(1));
    services = client.under(lease);
    content = services.content();
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  private static ContainerdClient connect(String namespace) throws ContainerdException {
    return ContainerdClient.connect(directory.resolve("c.sock"), new Namespace(namespace));
  }

  private static byte[] bytes(int seed, int length) {
    byte[] bytes = new byte[length];
    new Random(seed).nextBytes(bytes);
    return bytes;
  }

  private static ContentDescriptor descriptor(byte[] bytes) {
    try {
      String hex = HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes));
      return new ContentDescriptor("application/octet-stream", "sha256:" + hex, bytes.length);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static String ref(ContentDescriptor blob) {
    return "layer-" + blob.digest();
  }

  private Ingest ingest(ContentDescriptor blob) {
    return new Ingest(ContentGrpc.newBlockingV2Stub(services.channel()), ref(blob), blob);
  }

  /** What a process that was killed leaves. */
  private void leaveUnfinished(ContentDescriptor blob, byte[] firstBytes) throws Exception {
    try (Ingest ingest = ingest(blob)) {
      assertEquals(Ingest.Opened.TO_WRITE, ingest.open());
      assertThrows(
          IOException.class,
          () ->
              ingest.write(
                  (offset, out) -> {
                    out.write(firstBytes);
                    // One byte more, so that the full message before it goes out.
                    out.write(0);
                    throw new IOException("killed");
                  },
                  Map.of()));
    }
  }

  @Test
  void whatIsWrittenReadsBack() throws Exception {
    byte[] bytes = bytes(1, LARGE);
    ContentDescriptor blob = descriptor(bytes);
    assertEquals(
        Written.STORED, content.write(ref(blob), blob, Map.of("a", "b"), ContentBody.of(bytes)));
    assertArrayEquals(bytes, content.read(blob.digest(), LARGE));
    ContentInfo info = content.info(blob.digest()).orElseThrow();
    assertEquals(LARGE, info.size());
    assertEquals("b", info.labels().get("a"));
    assertThrows(IOException.class, () -> content.read(blob.digest(), LARGE - 1));
  }

  @Test
  void emptyContentCanBeWritten() throws Exception {
    ContentDescriptor blob = descriptor(new byte[0]);
    assertEquals(
        Written.STORED, content.write(ref(blob), blob, Map.of(), ContentBody.of(new byte[0])));
    assertTrue(content.info(blob.digest()).isPresent());
  }

  @Test
  void whatIsThereIsNotAskedForAgain() throws Exception {
    byte[] bytes = bytes(2, 1000);
    ContentDescriptor blob = descriptor(bytes);
    content.write(ref(blob), blob, Map.of(), ContentBody.of(bytes));
    assertEquals(Written.PRESENT, content.write(ref(blob), blob, Map.of(), unwanted()));
  }

  @Test
  void whatAnotherNamespaceHasIsNotAskedForAgain() throws Exception {
    byte[] bytes = bytes(3, LARGE);
    ContentDescriptor blob = descriptor(bytes);
    content.write(ref(blob), blob, Map.of(), ContentBody.of(bytes));
    try (ContainerdClient other = connect("other")) {
      Content there = other.services().content();
      there.write(ref(blob), blob, Map.of("x", "y"), unwanted());
      assertEquals("y", there.info(blob.digest()).orElseThrow().labels().get("x"));
    }
  }

  private static ContentBody unwanted() {
    return (offset, out) -> {
      throw new AssertionError("asked for what is there");
    };
  }

  @Test
  void bytesOfAnotherDigestAreRefusedAndLeaveNothing() throws Exception {
    byte[] bytes = bytes(4, LARGE);
    ContentDescriptor blob = descriptor(bytes);
    bytes[LARGE - 1]++;
    ContainerdException refusal =
        assertThrows(
            ContainerdException.class,
            () -> content.write(ref(blob), blob, Map.of(), ContentBody.of(bytes)));
    assertEquals(Code.FAILED_PRECONDITION, refusal.code());
    assertEquals(List.of(), content.unfinished());
    assertTrue(content.info(blob.digest()).isEmpty());
  }

  @Test
  void tooFewBytesAreRefusedAndLeaveNothing() throws Exception {
    ContentDescriptor blob = descriptor(bytes(5, 1000));
    assertThrows(
        ContainerdException.class,
        () -> content.write(ref(blob), blob, Map.of(), ContentBody.of(bytes(5, 999))));
    assertEquals(List.of(), content.unfinished());
  }

  @Test
  void tooManyBytesAreNotTaken() throws Exception {
    ContentDescriptor blob = descriptor(bytes(6, 1000));
    assertThrows(
        IOException.class,
        () -> content.write(ref(blob), blob, Map.of(), ContentBody.of(bytes(6, 1001))));
    assertEquals(List.of(), content.unfinished());
  }

  @Test
  void aBodyThatFailsLeavesNothing() throws Exception {
    byte[] bytes = bytes(7, LARGE);
    ContentDescriptor blob = descriptor(bytes);
    IOException failure =
        assertThrows(
            IOException.class,
            () ->
                content.write(
                    ref(blob),
                    blob,
                    Map.of(),
                    (offset, out) -> {
                      out.write(bytes, 0, LARGE / 2);
                      throw new IOException("the registry went away");
                    }));
    assertEquals("the registry went away", failure.getMessage());
    assertEquals(List.of(), content.unfinished());
  }

  @Test
  void aWriteThatWasCutOffIsContinued() throws Exception {
    byte[] bytes = bytes(8, LARGE);
    ContentDescriptor blob = descriptor(bytes);
    leaveUnfinished(blob, Arrays.copyOf(bytes, Ingest.MESSAGE_BYTES));
    assertEquals(List.of(ref(blob)), content.unfinished());
    long[] begun = {-1};
    content.write(
        ref(blob),
        blob,
        Map.of(),
        (offset, out) -> {
          begun[0] = offset;
          ContentBody.of(bytes).writeTo(offset, out);
        });
    assertEquals(Ingest.MESSAGE_BYTES, begun[0]);
    assertArrayEquals(bytes, content.read(blob.digest(), LARGE));
  }

  @Test
  void aWriteThatWasCutOffWithOtherBytesStartsOver() throws Exception {
    byte[] bytes = bytes(9, LARGE);
    ContentDescriptor blob = descriptor(bytes);
    leaveUnfinished(blob, new byte[Ingest.MESSAGE_BYTES]);
    assertEquals(Written.STORED, content.write(ref(blob), blob, Map.of(), ContentBody.of(bytes)));
    assertArrayEquals(bytes, content.read(blob.digest(), LARGE));
  }

  @Test
  void whatSomebodyElseIsWritingIsWaitedFor() throws Exception {
    byte[] bytes = bytes(10, LARGE);
    ContentDescriptor blob = descriptor(bytes);
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    FutureTask<Written> first =
        new FutureTask<>(() ->
            content.write(
                ref(blob),
                blob,
                Map.of(),
                (offset, out) -> {
                  begun.countDown();
                  awaitInBody(goOn);
                  out.write(bytes);
                }));
    Thread.ofVirtual().start(first);
    begun.await();
    assertThrows(Ingest.BusyException.class, () -> openAndClose(blob));
    FutureTask<Written> second =
        new FutureTask<>(() -> content.write(ref(blob), blob, Map.of(), unwanted()));
    Thread.ofVirtual().start(second);
    goOn.countDown();
    assertEquals(Written.STORED, first.get());
    assertEquals(Written.PRESENT, second.get());
  }

  private void openAndClose(ContentDescriptor blob) throws Exception {
    try (Ingest ingest = ingest(blob)) {
      ingest.open();
    }
  }

  @Test
  void anInterruptedWriteLeavesNothing() throws Exception {
    byte[] bytes = bytes(11, LARGE);
    ContentDescriptor blob = descriptor(bytes);
    CountDownLatch begun = new CountDownLatch(1);
    FutureTask<Written> write =
        new FutureTask<>(() ->
            content.write(
                ref(blob),
                blob,
                Map.of(),
                (offset, out) -> {
                  out.write(bytes, 0, LARGE / 2);
                  begun.countDown();
                  awaitInBody(new CountDownLatch(1));
                }));
    Thread thread = Thread.ofVirtual().start(write);
    begun.await();
    thread.interrupt();
    ExecutionException failure = assertThrows(ExecutionException.class, write::get);
    assertInstanceOf(IOException.class, failure.getCause());
    assertEquals(List.of(), content.unfinished());
  }

  private static void awaitInBody(CountDownLatch latch) throws IOException {
    try {
      latch.await();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  @Test
  void labelsAreAddedToThoseThatAreThere() throws Exception {
    byte[] bytes = bytes(12, 10);
    ContentDescriptor blob = descriptor(bytes);
    content.write(ref(blob), blob, Map.of("a", "1", "b.c/d", "2"), ContentBody.of(bytes));
    content.label(blob.digest(), Map.of("b.c/d", "3", "e", "4"));
    assertEquals(
        Map.of("a", "1", "b.c/d", "3", "e", "4"),
        content.info(blob.digest()).orElseThrow().labels());
  }

  @Test
  void aLeaseKeepsContentUntilItIsDeleted() throws Exception {
    byte[] bytes = bytes(13, 10);
    ContentDescriptor blob = descriptor(bytes);
    content.write(ref(blob), blob, Map.of(), ContentBody.of(bytes));
    assertEquals(List.of(lease), services.leases().list());
    Thread.currentThread().interrupt();
    services.leases().deleteAndCollect(lease);
    assertTrue(Thread.interrupted());
    assertEquals(List.of(), services.leases().list());
    assertTrue(client.services().content().info(blob.digest()).isEmpty());
    services.leases().delete(lease);
  }

  @Test
  void anImageThatIsPutTwiceHasTheLastTarget() throws Exception {
    Images images = services.images();
    byte[] bytes = bytes(14, 10);
    ContentDescriptor first = descriptor(bytes);
    ContentDescriptor second = descriptor(bytes(15, 10));
    assertTrue(images.get("a/b:c").isEmpty());
    images.put(new ImageRecord("a/b:c", first));
    images.put(new ImageRecord("a/b:c", second));
    assertEquals(second, images.get("a/b:c").orElseThrow().target());
    images.removeAndCollect("a/b:c");
    assertEquals(List.of(), images.list());
  }

  @Test
  void snapshotsArePreparedCommittedAndFound() throws Exception {
    Snapshots snapshots = services.snapshots("native");
    Preparation.ToFill toFill =
        assertInstanceOf(Preparation.ToFill.class, snapshots.prepare("k1", "", Map.of()));
    assertEquals("bind", toFill.mounts().getFirst().type());
    assertFalse(snapshots.stat("k1").orElseThrow().committed());
    assertInstanceOf(Preparation.Present.class, snapshots.prepare("k1", "", Map.of()));
    snapshots.commit("n1", "k1", Map.of("a", "b"));
    assertTrue(snapshots.stat("n1").orElseThrow().committed());
    assertEquals("b", snapshots.stat("n1").orElseThrow().labels().get("a"));

    snapshots.prepare("k2", "", Map.of());
    snapshots.commit("n1", "k2", Map.of());
    assertTrue(snapshots.stat("k2").isEmpty());
    snapshots.prepare("k3", "n1", Map.of());
    assertEquals("n1", snapshots.stat("k3").orElseThrow().parent());
    assertEquals(2, snapshots.list().size());
    snapshots.remove("k3");
    snapshots.remove("k3");
  }

  @Test
  void snapshottersAreKnownOrNot() throws Exception {
    Introspection introspection = services.introspection();
    assertTrue(introspection.snapshotter("native").orElseThrow().failure().isEmpty());
    assertTrue(introspection.snapshotter("nobody").isEmpty());
    assertFalse(introspection.version().isEmpty());
    ContainerdException refusal =
        assertThrows(
            ContainerdException.class,
            () -> services.snapshots("nobody").prepare("k", "", Map.of()));
    assertEquals(Code.INVALID, refusal.code());
    assertEquals(1, String.valueOf(refusal.getMessage()).lines().count());
  }

  @Test
  void aNamespaceComesWithItsFirstObjectAndGoesWhenEmpty() throws Exception {
    String name = "aNamespaceComesWithItsFirstObjectAndGoesWhenEmpty";
    Namespaces namespaces = services.namespaces();
    assertTrue(namespaces.list().contains(name));
    services.leases().deleteAndCollect(lease);
    namespaces.remove(new Namespace(name));
    assertFalse(namespaces.list().contains(name));
  }

  @Test
  void aCallOnAClosedClientFailsAtOnce() {
    client.close();
    assertThrows(ContainerdException.class, () -> services.introspection().version());
  }

  @Test
  void aContainerIsThereUntilItIsDeleted() throws ContainerdException {
    Container container =
        new Container("one", "{\"ociVersion\":\"1.0.2\"}", directory.resolve("runc"));
    services.containers().create(container);
    assertEquals(List.of("one"), services.containers().list());
    ContainerdException again =
        assertThrows(ContainerdException.class, () -> services.containers().create(container));
    assertEquals(Code.ALREADY_EXISTS, again.code());
    services.containers().delete("one");
    services.containers().delete("one");
    assertEquals(List.of(), services.containers().list());
  }

  @Test
  void aTaskThatIsNotThereIsTidiedUpAlready() throws ContainerdException {
    services.tasks().kill("none", 9);
    services.tasks().delete("none");
    ContainerdException none =
        assertThrows(ContainerdException.class, () -> services.tasks().state("none"));
    assertEquals(Code.NOT_FOUND, none.code());
  }
}
