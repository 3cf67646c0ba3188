package io.loadstar.pull;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Lease;
import io.loadstar.containerd.Namespace;
import io.loadstar.containerd.Preparation;
import io.loadstar.containerd.Services;
import io.loadstar.containerd.SnapshotInfo;
import io.loadstar.containerd.Snapshots;
import io.loadstar.containerd.rig.PrivateContainerd;
import io.loadstar.containerd.rig.PrivateRegistry;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageProcess;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Platform;
import io.loadstar.registry.RegistryAccess;
import io.loadstar.registry.RegistryClient;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
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
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.api.io.TempDir;

/**
 * Pulls with a real containerd and a real registry. Each test has a namespace of its own. All that
 * a pull does stands here, since these servers are started once for all of it.
 */
@Timeout(120)
class PullTest {

  private static final String LAZY = "recording";

  /** Netty warns of an option that gRPC sets and unix sockets don't have. */
  private static final Logger NETTY = Logger.getLogger("io.netty.bootstrap");

  @TempDir private static Path directory;
  private static @Nullable PrivateContainerd containerd;
  private static @Nullable PrivateRegistry registry;
  private static @Nullable RecordingSnapshotter snapshotter;

  @TempDir private Path scratch;
  private String namespace = "";
  private ImageReference name = ImageReference.parse("none");
  private ContainerdClient client;
  private Services services;
  private final List<LayerOutcome> heard = new ArrayList<>();

  @BeforeAll
  static void start() throws IOException, InterruptedException {
    PrivateContainerd.assumePossible();
    PrivateRegistry.assumePossible();
    NETTY.setLevel(Level.SEVERE);
    Path socket = directory.resolve("r.sock");
    snapshotter =
        new RecordingSnapshotter(socket, Files.createDirectory(directory.resolve("recording")));
    containerd =
        PrivateContainerd.start(
            Files.createDirectory(directory.resolve("c")),
            Map.of(LAZY, socket, "absent", directory.resolve("no.sock")));
    registry = PrivateRegistry.start(Files.createDirectory(directory.resolve("r")));
  }

  @AfterAll
  static void end() throws IOException {
    if (containerd != null) {
      containerd.close();
    }
    if (registry != null) {
      registry.close();
    }
    if (snapshotter != null) {
      snapshotter.close();
    }
  }

  @BeforeEach
  void connect(TestInfo test) throws ContainerdException {
    namespace = test.getTestMethod().orElseThrow().getName();
    name =
        ImageReference.parse(registry().host() + "/" + namespace.toLowerCase(Locale.ROOT) + ":1");
    client = ContainerdClient.connect(containerd().address(), new Namespace(namespace));
    services = client.services();
  }

  @AfterEach
  void disconnect() {
    client.close();
  }

  private static PrivateContainerd containerd() {
    return present(containerd);
  }

  private static PrivateRegistry registry() {
    return present(registry);
  }

  private static <T> T present(@Nullable T started) {
    if (started == null) {
      throw new IllegalStateException("not started");
    }
    return started;
  }

  private PullReport pull(String by) throws Exception {
    return pull(by, Optional.empty());
  }

  private PullReport pull(String by, Optional<Platform> platform) throws Exception {
    return pull(new PullRequest(name, platform, by));
  }

  private PullReport pull(PullRequest request) throws Exception {
    return pull(request, new Listener());
  }

  private PullReport pull(PullRequest request, PullListener listener) throws Exception {
    try (RegistryClient registryClient = new RegistryClient(RegistryAccess.defaults());
        ImageSource source = registryClient.source(name)) {
      return new Pull(request, source, client, listener).run();
    }
  }

  private class Listener implements PullListener {
    @Override
    public void downloadStarted(PulledLayer layer) {}

    @Override
    public void downloaded(PulledLayer layer, long bytes) {}

    @Override
    public void downloadEnded(PulledLayer layer) {}

    @Override
    public void layerReady(LayerOutcome outcome) {
      heard.add(outcome);
    }
  }

  private String ctr(String... arguments) throws IOException {
    List<String> all = new ArrayList<>(List.of("--namespace", namespace));
    all.addAll(List.of(arguments));
    return containerd().ctr(all.toArray(String[]::new));
  }

  private String run(String by) throws IOException {
    return ctr("run", "--rm", "--snapshotter", by, name.toString(), "c" + System.nanoTime());
  }

  private void collectGarbage() throws ContainerdException {
    Lease lease = Lease.unused();
    services.leases().create(lease, Duration.ofHours(1));
    services.leases().deleteAndCollect(lease);
  }

  private static List<LayerOutcome.State> states(PullReport report) {
    return report.layers().stream().map(LayerOutcome::state).toList();
  }

  @Test
  void anOrdinaryPullRunsAndOutlivesGarbageCollection() throws Exception {
    TestImage image = TestImage.runnable(scratch);
    ImageDocument manifest = image.push(name);
    PullReport report = pull("overlayfs");

    assertEquals(List.of(LayerOutcome.State.UNPACKED, LayerOutcome.State.UNPACKED), states(report));
    assertEquals(report.layers(), heard);
    assertEquals(image.layers().stream().mapToLong(Descriptor::size).sum(), report.downloaded());
    assertEquals(
        manifest.digest().toString(),
        services.images().get(name.toString()).orElseThrow().target().digest());
    assertEquals(List.of(), services.leases().list());
    collectGarbage();
    String checked = ctr("images", "check").strip();
    assertTrue(checked.contains("complete (3/3)") && checked.endsWith("true"), checked);
    assertEquals(TestImage.SAID, run("overlayfs"));
    String layer = image.layers().get(1).digest().toString();
    assertTrue(labels(layer).containsKey(ContentLabels.UNCOMPRESSED));
  }

  @Test
  void pullingAgainDownloadsNothingAndPutsLostLabelsBack() throws Exception {
    TestImage image = TestImage.runnable(scratch);
    ImageDocument manifest = image.push(name);
    pull("native");
    String config = image.configDigest().toString();
    Map<String, String> before = labels(config);
    Map<String, String> manifestBefore = labels(manifest.digest().toString());
    // Without their label, a garbage collection that is due may take the snapshots at any moment.
    Lease meanwhile = Lease.unused();
    services.leases().create(meanwhile, Duration.ofHours(1));
    for (SnapshotInfo snapshot : services.snapshots("native").list()) {
      services.leases().addSnapshot(meanwhile, "native", snapshot.name());
    }
    ctr("content", "label", config, "containerd.io/gc.ref.snapshot.native=");
    ctr("content", "label", manifest.digest().toString(), "containerd.io/gc.ref.content.l.0=");
    assertFalse(before.equals(labels(config)));

    PullReport again = pull("native");
    assertEquals(List.of(LayerOutcome.State.PRESENT, LayerOutcome.State.PRESENT), states(again));
    assertEquals(0, again.downloaded());
    assertEquals(before, labels(config));
    assertEquals(manifestBefore, labels(manifest.digest().toString()));
    services.leases().deleteAndCollect(meanwhile);
    assertEquals(TestImage.SAID, run("native"));
  }

  private Map<String, String> labels(String digest) throws ContainerdException {
    return services.content().info(digest).orElseThrow().labels();
  }

  @Test
  void aSecondSnapshotterGetsTheLayersOutOfTheContentStore() throws Exception {
    TestImage.runnable(scratch).push(name);
    pull("native");
    PullReport report = pull("overlayfs");
    assertEquals(List.of(LayerOutcome.State.UNPACKED, LayerOutcome.State.UNPACKED), states(report));
    assertEquals(0, report.downloaded());
    collectGarbage();
    assertEquals(TestImage.SAID, run("native"));
    assertEquals(TestImage.SAID, run("overlayfs"));
  }

  @Test
  void layersThatTheSnapshotterMountsAreNotDownloaded() throws Exception {
    TestImage image = TestImage.runnable(scratch);
    image.annotate(0, SnapshotLabels.TOC_DIGEST, Digest.of(new byte[] {1}).toString());
    image.annotate(1, SnapshotLabels.TOC_DIGEST, Digest.of(new byte[] {2}).toString());
    image.annotate(1, "org.example/other", "x");
    image.annotate(1, "containerd.io/snapshot/too-long", "x".repeat(4096));
    ImageDocument manifest = image.push(name);
    int toldBefore = present(snapshotter).told().size();

    PullReport report = pull(LAZY);
    assertEquals(List.of(LayerOutcome.State.LAZY, LayerOutcome.State.LAZY), states(report));
    assertEquals(0, report.downloaded());
    String lowest = image.layers().get(0).digest().toString();
    String upper = image.layers().get(1).digest().toString();
    assertTrue(services.content().info(lowest).isEmpty());
    collectGarbage();
    assertEquals(2, services.snapshots(LAZY).list().size());

    List<Map<String, String>> told = present(snapshotter).told();
    Map<String, String> first = told.get(toldBefore);
    assertEquals(name.toString(), first.get("containerd.io/snapshot/cri.image-ref"));
    assertEquals(lowest, first.get("containerd.io/snapshot/cri.layer-digest"));
    assertEquals(lowest + "," + upper, first.get("containerd.io/snapshot/cri.image-layers"));
    assertEquals(
        manifest.digest().toString(), first.get("containerd.io/snapshot/cri.manifest-digest"));
    assertEquals(name.toString(), first.get("containerd.io/snapshot/remote/stargz.reference"));
    assertEquals(lowest, first.get("containerd.io/snapshot/remote/stargz.digest"));
    assertEquals(lowest + "," + upper, first.get("containerd.io/snapshot/remote/stargz.layers"));
    Map<String, String> second = told.get(toldBefore + 1);
    assertEquals(upper, second.get("containerd.io/snapshot/cri.image-layers"));
    assertEquals(Digest.of(new byte[] {2}).toString(), second.get(SnapshotLabels.TOC_DIGEST));
    assertFalse(second.containsKey("org.example/other"));
    assertFalse(second.containsKey("containerd.io/snapshot/too-long"));

    assertEquals(List.of(LayerOutcome.State.LAZY, LayerOutcome.State.LAZY), states(pull(LAZY)));
  }

  @Test
  void theLeaseHoldsWhatTheSnapshotterHasMountedUntilTheImageIsNamed() throws Exception {
    TestImage image = TestImage.runnable(scratch);
    image.annotate(0, SnapshotLabels.TOC_DIGEST, Digest.of(new byte[] {1}).toString());
    image.annotate(1, SnapshotLabels.TOC_DIGEST, Digest.of(new byte[] {2}).toString());
    image.push(name);
    List<String> held = new ArrayList<>();
    Listener collects =
        new Listener() {
          @Override
          public void layersReady(ImageReference pulled, ImageProcess process) {
            try {
              collectGarbage();
              assertEquals(List.of(), services.images().list());
              services.snapshots(LAZY).list().forEach(snapshot -> held.add(snapshot.name()));
            } catch (ContainerdException e) {
              throw new AssertionError(e);
            }
          }
        };
    PullReport report = pull(new PullRequest(name, Optional.empty(), LAZY), collects);
    assertEquals(List.of(LayerOutcome.State.LAZY, LayerOutcome.State.LAZY), states(report));
    assertEquals(2, held.size());
  }

  @Test
  void onlyWhatTheSnapshotterHasMountedForThisRequestIsHeldByItsLease() throws Exception {
    Map<String, String> labels =
        Map.of(
            SnapshotLabels.TARGET,
            Digest.of(new byte[] {3}).toString(),
            SnapshotLabels.TOC_DIGEST,
            Digest.of(new byte[] {4}).toString());
    Lease lease = Lease.unused();
    services.leases().create(lease, Duration.ofMinutes(5));
    Snapshots snapshots = client.under(lease).snapshots(LAZY);
    assertInstanceOf(Preparation.Held.class, snapshots.prepare("k1", "", labels));
    collectGarbage();
    assertInstanceOf(Preparation.Present.class, snapshots.prepare("k2", "", labels));
  }

  @Test
  void theSnapshotterIsToldThatNoPromiseIsNeededWherePullSaysSo() throws Exception {
    TestImage image = TestImage.runnable(scratch);
    image.annotate(0, SnapshotLabels.TOC_DIGEST, Digest.of(new byte[] {1}).toString());
    image.push(name);
    int toldBefore = present(snapshotter).told().size();
    PullRequest.Promise promise = PullRequest.Promise.NOT_REQUIRED;
    PullRequest.Choices choices =
        new PullRequest.Choices(promise, PullRequest.Choices.USUAL.blobs());
    PullReport report = pull(new PullRequest(name, Optional.empty(), LAZY, choices));
    assertEquals(List.of(LayerOutcome.State.LAZY, LayerOutcome.State.UNPACKED), states(report));
    List<Map<String, String>> told = present(snapshotter).told();
    assertEquals(toldBefore + 2, told.size());
    for (Map<String, String> labels : told.subList(toldBefore, told.size())) {
      assertEquals("true", labels.get("containerd.io/snapshot/remote/stargz.skipverify"));
    }
  }

  @Test
  void aLayerThatCannotBeLazyIsDownloadedAndTheOthersAreNot() throws Exception {
    TestImage image = TestImage.runnable(scratch);
    image.addLayer(new byte[1024]);
    for (int i = 0; i < 3; i++) {
      image.annotate(i, SnapshotLabels.TOC_DIGEST, Digest.of(new byte[] {(byte) i}).toString());
    }
    image.push(name);
    String middle = image.layers().get(1).digest().toString();
    present(snapshotter).refuse(middle);
    PullReport report = pull(LAZY);
    assertEquals(
        List.of(LayerOutcome.State.LAZY, LayerOutcome.State.UNPACKED, LayerOutcome.State.LAZY),
        states(report));
    assertEquals(image.layers().get(1).size(), report.downloaded());
    assertTrue(services.content().info(middle).isPresent());
  }

  @Test
  void anIndexIsPulledForThePlatformThatIsWanted() throws Exception {
    ImageReference arm = ImageReference.parse(name.name() + ":arm");
    ImageDocument armManifest =
        new TestImage().architecture("arm64").addLayer(new byte[1024]).push(arm);
    ImageDocument manifest = TestImage.runnable(scratch).push(name);
    ImageDocument index =
        ImageIndex.of(List.of(on(armManifest, "arm64"), on(manifest, "amd64"))).toDocument();
    try (RegistryClient registryClient = new RegistryClient(RegistryAccess.defaults())) {
      registryClient.putManifest(name, index);
    }

    PullReport report = pull("native", Optional.of(Platform.parse("linux/amd64")));
    assertEquals(index.digest(), report.target());
    assertTrue(labels(index.digest().toString()).containsKey("containerd.io/gc.ref.content.m.1"));
    collectGarbage();
    assertEquals(TestImage.SAID, run("native"));

    PullException missing =
        assertThrows(
            PullException.class, () -> pull("native", Optional.of(Platform.parse("linux/s390x"))));
    assertEquals(
        "image "
            + name
            + ": isn't there for linux/s390x; choose with --platform from: linux/arm64,"
            + " linux/amd64",
        missing.getMessage());
  }

  private static Descriptor on(ImageDocument manifest, String architecture) throws IOException {
    var json = manifest.descriptor().toJson();
    json.putObject("platform").put("os", "linux").put("architecture", architecture);
    return Descriptor.parse(json, "test");
  }

  @Test
  void anImageForAnotherPlatformIsRefused() throws Exception {
    new TestImage().architecture("s390x").addLayer(new byte[1024]).push(name);
    assertFailsWithNothingLeft(() -> pull("native"));
  }

  @Test
  void bytesOfAnotherDigestAreRefusedWithNothingLeft() throws Exception {
    TestImage image = TestImage.runnable(scratch);
    image.push(name);
    Path blob = registry().blob(image.layers().get(1).digest().hex());
    byte[] bytes = Files.readAllBytes(blob);
    bytes[bytes.length - 1]++;
    Files.write(blob, bytes);
    String line = assertFailsWithNothingLeft(() -> pull("overlayfs"));
    assertTrue(line.contains(image.layers().get(1).digest().toString()), line);
  }

  @Test
  void aBlobThatIsMissingFailsWithNothingLeft() throws Exception {
    TestImage image = TestImage.runnable(scratch);
    image.push(name);
    Files.delete(registry().blob(image.layers().get(0).digest().hex()));
    assertFailsWithNothingLeft(() -> pull("overlayfs"));
  }

  @Test
  void aLayerThatIsNoTarFailsWithNothingLeft() throws Exception {
    byte[] text = "no layer at all".getBytes(StandardCharsets.UTF_8);
    new TestImage().addBlob(text, Digest.of(text)).push(name);
    assertFailsWithNothingLeft(() -> pull("overlayfs"));
  }

  @Test
  void aLayerWithAnotherDiffIdFailsWithNothingLeft() throws Exception {
    TestImage image = TestImage.runnable(scratch);
    byte[] gzip = {31, -117, 8, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0};
    image.addBlob(gzip, Digest.of(new byte[] {1})).push(name);
    String line = assertFailsWithNothingLeft(() -> pull("overlayfs"));
    assertTrue(line.contains(Digest.of(new byte[] {1}).toString()), line);
  }

  @Test
  void aConfigWithTooFewDiffIdsIsRefused() throws Exception {
    TestImage.runnable(scratch).dropDiffId().push(name);
    assertFailsWithNothingLeft(() -> pull("overlayfs"));
  }

  @Test
  void aSnapshotterThatContainerdDoesNotKnowIsNamedWithTheRemedy() throws Exception {
    TestImage.runnable(scratch).push(name);
    String line = assertFailsWithNothingLeft(() -> pull("nobody"));
    assertTrue(line.contains("[proxy_plugins.nobody]"), line);
  }

  @Test
  void aSnapshotterThatDoesNotRunIsNamedWithTheRemedy() throws Exception {
    TestImage.runnable(scratch).push(name);
    String line = assertFailsWithNothingLeft(() -> pull("absent"));
    assertTrue(line.startsWith("snapshotter absent: containerd can't reach it; is it run"), line);
  }

  /** Returns what was said. */
  private String assertFailsWithNothingLeft(Executable pull) throws Exception {
    Exception failure = assertThrows(Exception.class, pull);
    String line = String.valueOf(failure.getMessage());
    assertEquals(1, line.lines().count(), line);
    assertEquals(List.of(), services.images().list());
    assertEquals(List.of(), services.leases().list());
    assertEquals(List.of(), services.content().unfinished());
    for (String by : List.of("overlayfs", "native")) {
      assertEquals(List.of(), services.snapshots(by).list());
    }
    assertEquals("", ctr("content", "ls", "--quiet"));
    return line;
  }
}
