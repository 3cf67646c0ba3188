package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.Zstd;
import io.loadstar.blob.Digest;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Faults;
import io.loadstar.snapshot.Mount;
import io.loadstar.snapshot.SnapshotException;
import io.loadstar.snapshot.SnapshotInfo;
import io.loadstar.snapshot.SnapshotLabel;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import java.util.zip.GZIPOutputStream;
import mockwebserver3.RecordedRequest;
import okio.Buffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** An ordinary layer among lazy ones, as the daemon takes it. */
final class OrdinaryLayerTest {

  @TempDir static Path folder;

  @SuppressWarnings("NullAway.Init") // made before the tests, unless they are skipped
  private static DaemonNode node;

  private static int made;

  @BeforeAll
  static void start() throws Exception {
    node = DaemonNode.start(folder);
  }

  @AfterAll
  static void stop() throws Exception {
    if (node != null) {
      node.close();
    }
  }

  @AfterEach
  void heal() {
    node.registry.heal();
  }

  /** A tar.gz of a tree like a {@link TestLayer}'s. */
  private record Plain(Path tree, Digest diffId, Digest blob) {

    static Plain make() throws Exception {
      return make(tar -> {
        ByteArrayOutputStream packed = new ByteArrayOutputStream();
        try (GZIPOutputStream gzip = new GZIPOutputStream(packed)) {
          gzip.write(tar);
        }
        return packed.toByteArray();
      });
    }

    static Plain make(Packing packing) throws Exception {
      TestLayer like = node.layer();
      Process pack =
          new ProcessBuilder("tar", "--numeric-owner", "-C", like.tree().toString(), "-c", ".")
              .redirectError(ProcessBuilder.Redirect.INHERIT)
              .start();
      byte[] tar = pack.getInputStream().readAllBytes();
      Digest blob = node.registry.add(packing.pack(tar)).digest();
      return new Plain(like.tree(), Digest.of(tar), blob);
    }

    /** Compresses a tar. */
    @FunctionalInterface
    interface Packing {
      byte[] pack(byte[] tar) throws IOException;
    }

    String ref(String below) {
      String own = diffId.toString();
      return below.isEmpty()
          ? own
          : Digest.of((below + " " + own).getBytes(StandardCharsets.US_ASCII)).toString();
    }

    Map<String, String> labels(String below, TestLayer... above) {
      Map<String, String> labels = new HashMap<>();
      labels.put("containerd.io/snapshot/cri.image-ref", node.registry.image().toString());
      labels.put(
          "containerd.io/snapshot/cri.image-layers",
          Stream.concat(Stream.of(blob), Stream.of(above).map(layer -> layer.built().digest()))
              .map(Digest::toString)
              .collect(Collectors.joining(",")));
      labels.put(SnapshotLabel.REF, ref(below));
      labels.put("containerd.io/snapshot/cri.layer-digest", blob.toString());
      return labels;
    }
  }

  private static SnapshotInfo unpacked(Plain plain, String parent, String below, TestLayer above)
      throws Exception {
    assertThrows(
        SnapshotException.AlreadyExists.class,
        () -> node.client.prepare("plain " + made++, parent, plain.labels(below, above)),
        OrdinaryLayerTest::log);
    String filter = "labels.\"containerd.io/snapshot.ref\"==" + plain.ref(below);
    List<SnapshotInfo> found = node.client.list(List.of(filter + ",parent==\"" + parent + "\""));
    assertEquals(1, found.size());
    return found.getFirst();
  }

  private static String log() {
    try {
      return node.daemon.log();
    } catch (IOException e) {
      return e.toString();
    }
  }

  @Test
  void itIsUnpackedAndTheLayerAboveStaysLazy() throws Exception {
    Plain plain = Plain.make();
    TestLayer lazy = node.layer();
    SnapshotInfo ordinary = unpacked(plain, "", "", lazy);
    assertEquals("unpacked", ordinary.labels().get(SnapshotLabel.PREPARED));
    assertTrue(
        ordinary.labels().getOrDefault(SnapshotLabel.REASON, "").contains("no TOC digest"),
        ordinary.labels().toString());
    assertEquals(FileTree.of(plain.tree()), FileTree.of(node.fs(ordinary.name())));
    assertTrue(node.client.usage(ordinary.name()).size() > 500_000);
    int before = node.registry.requests().size();
    String top = node.prepareRemote(lazy, ordinary.name());
    assertEquals(before, node.registry.requests().size(), "the layer above was opened already");
    assertEquals(FileTree.of(lazy.tree()), FileTree.of(node.fs(top)));
    assertEquals(1, node.client.prepare("over " + top, top, Map.of()).size());
  }

  @Test
  void zstdAndPlainTarsAreUnpackedAsWell() throws Exception {
    TestLayer lazy = node.layer();
    for (Plain.Packing packing : List.<Plain.Packing>of(Zstd::compress, tar -> tar)) {
      Plain plain = Plain.make(packing);
      SnapshotInfo ordinary = unpacked(plain, "", "", lazy);
      assertEquals(FileTree.of(plain.tree()), FileTree.of(node.fs(ordinary.name())));
    }
  }

  /** Its registry answers for the first layer only when the second one is asked for. */
  @Test
  void whileOneIsUnpackedTheNextIsFetchedAndOnlyOnce() throws Exception {
    Plain lower = Plain.make();
    Plain upper = Plain.make();
    TestLayer lazy = node.layer();
    CountDownLatch upperIsAskedFor = new CountDownLatch(1);
    node.registry.always(
        request -> isWhole(request, upper),
        (request, good) -> {
          upperIsAskedFor.countDown();
          return good;
        });
    node.registry.always(
        request -> isWhole(request, lower),
        (request, good) -> {
          try {
            assertTrue(upperIsAskedFor.await(30, TimeUnit.SECONDS), "never asked for");
          } catch (InterruptedException e) {
            throw new IllegalStateException(e);
          }
          return good;
        });
    Map<String, String> labels =
        TestLayer.with(
            lower.labels("", lazy),
            "containerd.io/snapshot/cri.image-layers",
            lower.blob() + "," + upper.blob() + "," + lazy.built().digest());
    assertThrows(
        SnapshotException.AlreadyExists.class,
        () -> node.client.prepare("lower", "", labels),
        OrdinaryLayerTest::log);
    String parent = unpacked(lower, "", "", lazy).name();
    SnapshotInfo above = unpacked(upper, parent, lower.ref(""), lazy);
    assertEquals(FileTree.of(upper.tree()), FileTree.of(node.fs(above.name())));
    assertEquals(
        1, node.registry.requests().stream().filter(request -> isWhole(request, upper)).count());
  }

  private static boolean isWhole(RecordedRequest request, Plain plain) {
    String range = request.getHeaders().get("Range");
    return String.valueOf(request.getTarget()).contains(plain.blob().hex())
        && (range == null || range.startsWith("bytes=0-"));
  }

  @Test
  void itsDiffIdIsCheckedAgainstTheChain() throws Exception {
    Plain plain = Plain.make();
    TestLayer lazy = node.layer();
    Plain lowest = Plain.make();
    String parent = unpacked(lowest, "", "", lazy).name();
    unpacked(plain, parent, lowest.ref(""), lazy);
    Plain other = Plain.make();
    Map<String, String> labels =
        TestLayer.with(
            other.labels(lowest.ref(""), lazy), SnapshotLabel.REF, plain.ref("sha256:no"));
    List<Mount> mounts = node.client.prepare("claimed", parent, labels);
    assertEquals("overlay", mounts.getFirst().type());
    assertTrue(log().contains("isn't what the chain ID was made of"));
  }

  @Test
  void bytesThatAreNotTheBlobsAreNotKept() throws Exception {
    Plain plain = Plain.make();
    TestLayer lazy = node.layer();
    node.registry.always(
        request -> request.getTarget().contains(plain.blob().hex()),
        (request, good) ->
            good.getCode() >= 300
                ? good
                : good.newBuilder()
                    .body(new Buffer().write(new byte[Faults.bodyOf(good).length]))
                    .build());
    node.client.prepare("wrong bytes", "", plain.labels("", lazy));
    assertOrdinary("wrong bytes");
  }

  private static void assertOrdinary(String key) throws Exception {
    SnapshotInfo info = node.client.stat(key);
    assertEquals("ordinary", info.labels().get(SnapshotLabel.PREPARED));
    Path fs = Path.of(node.client.mounts(key).getFirst().source());
    try (var files = Files.list(fs);
        var beside = Files.list(fs.getParent())) {
      assertEquals(0, files.count());
      assertEquals(2, beside.count(), "only fs and work");
    }
  }

  @Test
  void aLineThatBreaksIsTakenUpAgain() throws Exception {
    Plain plain = Plain.make();
    TestLayer lazy = node.layer();
    node.registry.next(
        Faults.none(), Faults.none(), Faults.status(503), Faults.earlyClose(), Faults.earlyClose());
    SnapshotInfo ordinary = unpacked(plain, "", "", lazy);
    assertEquals(FileTree.of(plain.tree()), FileTree.of(node.fs(ordinary.name())));
  }

  @Test
  void withNothingLazyAboveItIsLeftToContainerd() throws Exception {
    Plain plain = Plain.make();
    node.client.prepare("alone", "", plain.labels(""));
    assertOrdinary("alone");
    assertFalse(
        node.registry.requests().stream()
            .filter(FakeRegistry::isBlobRead)
            .anyMatch(request -> request.getTarget().contains(plain.blob().hex())));
  }

  @Test
  void whatIsNoLayerIsLeftToContainerd() throws Exception {
    TestLayer lazy = node.layer();
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(bomb)) {
      gzip.write("no tar at all".repeat(1000).getBytes(StandardCharsets.US_ASCII));
    }
    Digest blob = node.registry.add(bomb.toByteArray()).digest();
    Map<String, String> labels =
        TestLayer.with(
            lazy.labels(node.registry.image().toString(), lazy),
            "containerd.io/snapshot/cri.layer-digest",
            blob.toString());
    labels.remove(SnapshotLabel.TOC_DIGEST);
    node.client.prepare("no layer", "", labels);
    assertOrdinary("no layer");
    assertTrue(log().contains("checksum"), log());
  }
}
