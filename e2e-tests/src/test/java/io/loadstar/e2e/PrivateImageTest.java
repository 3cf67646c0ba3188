package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.loadstar.api.cri.v1.AuthConfig;
import io.loadstar.rig.AccessLog.Traffic;
import io.loadstar.rig.Cri;
import io.loadstar.rig.Ctr;
import io.loadstar.rig.Deadline;
import io.loadstar.rig.Finished;
import io.loadstar.rig.LocalRegistry;
import io.loadstar.rig.PrivateNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * Images of a registry that wants a login, pulled as a kubelet does it: through the snapshotter's
 * socket, with the credentials of a pull secret.
 */
class PrivateImageTest {

  // bcrypt, cost 4, of "opensesame"
  private static final String LOGIN =
      "me:$2b$04$.llLEOaQvvtQ3gMq.P1NEOmCLorxK1pTbpTVZil5TfseCfKkOO9Ey";
  private static final AuthConfig PULL_SECRET =
      AuthConfig.newBuilder().setUsername("me").setPassword("opensesame").build();

  @RegisterExtension
  static final NodeExtension NODE =
      new NodeExtension(
          """
          no_background_fetch = true
          [cri_keychain]
          enable_keychain = true
          image_service_path = "%s/c.sock"
          """
              .formatted(PrivateNode.DIRECTORY));

  @RegisterExtension static final SharedImages SHARED = new SharedImages();

  @TempDir static Path directory;

  private static LocalRegistry registry;
  private static SampleImage image;

  @BeforeAll
  static void push() throws Exception {
    registry = LocalRegistry.startPrivate(directory, LOGIN);
    image = SHARED.sample(NODE.node(), "sample");
  }

  @AfterAll
  static void end() {
    if (registry != null) {
      registry.close();
    }
  }

  /** A converted image in the registry that wants a login. */
  private static String privately(SampleImage image, String repository) throws Exception {
    String reference = registry.reference(repository, "lazy");
    NODE.node()
        .loadstar("copy", "--user", "me", image.lazy(), reference)
        .where(Map.of("LOADSTAR_PASSWORD", "opensesame"))
        .output();
    return reference;
  }

  @Test
  void aPodsImageIsLazyByItsPullSecretUntilItIsRemoved() throws Exception {
    PrivateNode node = NODE.node();
    String reference = privately(image, "team/app");
    Ctr ctr = node.ctr().in("k8s.io");
    long mark = registry.accessLog().mark();
    try (Cri kubelet = node.imageService()) {
      var _ = kubelet.pull(reference, PULL_SECRET);
      assertTrue(kubelet.tags().contains(reference), () -> kubelet.tags().toString());
    }
    assertEquals(
        ContainerdContract.GREETING, ctr.run(PrivateNode.SNAPSHOTTER, reference, "one").output());
    Traffic traffic = registry.accessLog().since(mark);
    assertTrue(traffic.ranged() > 0, "nothing was read by ranges");
    assertTrue(traffic.fetchedBytes() < image.bytes() / 2, traffic::toString);

    node.killSnapshotter();
    node.startSnapshotter();
    Deadline.await(
        Duration.ofSeconds(15),
        "containerd has found the snapshotter again",
        () -> ctr.snapshots(PrivateNode.SNAPSHOTTER, "ls").run().status() == 0);
    mark = registry.accessLog().mark();
    // What nobody has read before, so that the registry has to be asked.
    var _ = ctr.run(PrivateNode.SNAPSHOTTER, reference, "two", "sha256sum", "/ballast/0").output();
    assertTrue(registry.accessLog().since(mark).ranged() > 0, "nothing was read by ranges");
    Path kept = node.snapshotterRoot().resolve("credentials.json");
    assertEquals("rw-------", PosixFilePermissions.toString(Files.getPosixFilePermissions(kept)));
    assertTrue(Files.readString(kept).contains("team/app"));
    try (Cri kubelet = node.imageService()) {
      kubelet.removeImage(reference);
    }
    Deadline.await(
        Duration.ofSeconds(15),
        "nothing is known any more of who pulled the removed image",
        () -> !Files.readString(kept).contains("team/app"));
    assertFalse(node.snapshotterLog().contains("opensesame"));
  }

  @Test
  void whatContainerdSaysOfAWrongPasswordArrives() throws Exception {
    String reference = privately(image, "wrong/app");
    AuthConfig wrong = PULL_SECRET.toBuilder().setPassword("wrong").build();
    try (Cri kubelet = NODE.node().imageService();
        Cri containerd = NODE.node().cri()) {
      Status direct =
          assertThrows(StatusRuntimeException.class, () -> containerd.pull(reference, wrong))
              .getStatus();
      Status passed =
          assertThrows(StatusRuntimeException.class, () -> kubelet.pull(reference, wrong))
              .getStatus();
      assertEquals(direct.getCode(), passed.getCode());
      assertEquals(direct.getDescription(), passed.getDescription());
    }
  }

  @Test
  void withoutCredentialsTheReasonIsToldAndContainerdDownloads() throws Exception {
    PrivateNode node = NODE.node();
    SampleImage own = SHARED.unlikeOthers(node, "nobody");
    String reference = privately(own, "nobody/app");
    try (Cri containerd = node.cri()) {
      var _ = containerd.pull(reference, PULL_SECRET);
    }
    String why = "registry " + registry.address() + " wants a name and a password";
    assertToldOfEachLayer(own, reference, why);
    assertEquals(
        "nobody",
        node.ctr().in("k8s.io").run(PrivateNode.SNAPSHOTTER, reference, "ordinary").output());
    Finished pull =
        node.loadstar("pull", "--address", node.containerdSocket().toString(), reference).run();
    assertEquals(1, pull.status());
    assertEquals(1, pull.err().lines().count(), pull::err);
    assertTrue(pull.err().contains(why), pull::err);
  }

  @Test
  void withAWrongPasswordTheReasonIsToldAndContainerdDownloads() throws Exception {
    PrivateNode node = NODE.node();
    SampleImage own = SHARED.unlikeOthers(node, "outdated");
    String reference = privately(own, "outdated/app");
    AuthConfig wrong = PULL_SECRET.toBuilder().setPassword("wrong").build();
    try (Cri kubelet = node.imageService();
        Cri containerd = node.cri()) {
      assertThrows(StatusRuntimeException.class, () -> kubelet.pull(reference, wrong));
      var _ = containerd.pull(reference, PULL_SECRET);
    }
    assertToldOfEachLayer(own, reference, "denies access");
    assertEquals(
        "outdated",
        node.ctr().in("k8s.io").run(PrivateNode.SNAPSHOTTER, reference, "unpacked").output());
    Finished pull =
        node.loadstar(
                "pull", "--user", "me", "--address", node.containerdSocket().toString(), reference)
            .where(Map.of("LOADSTAR_PASSWORD", "wrong"))
            .run();
    assertEquals(1, pull.status());
    assertEquals(1, pull.err().lines().count(), pull::err);
    assertTrue(pull.err().contains("denies access"), pull::err);
  }

  /** Once in the log, and whenever it is asked for. */
  private static void assertToldOfEachLayer(SampleImage own, String reference, String why)
      throws Exception {
    PrivateNode node = NODE.node();
    int layers = own.layout().layers(SampleImage.TAG).size();
    List<String> told =
        node.snapshotterLog()
            .lines()
            .filter(line -> line.contains("\"remote-snapshot-prepared\":\"false\""))
            .filter(line -> line.contains(reference))
            .toList();
    assertEquals(layers, told.size(), told::toString);
    assertTrue(told.stream().allMatch(line -> line.contains("\"level\":\"info\"")), told::toString);
    assertTrue(told.stream().allMatch(line -> line.contains(why)), told::toString);
    String answer =
        node.loadstar(
                "why",
                "--address",
                node.containerdSocket().toString(),
                "--namespace",
                "k8s.io",
                reference)
            .output();
    assertEquals(
        layers,
        answer.lines().filter(row -> row.contains(" ordinary ") && row.contains(why)).count(),
        answer);
  }
}
