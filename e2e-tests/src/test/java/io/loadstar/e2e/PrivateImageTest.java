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
import io.loadstar.rig.LocalRegistry;
import io.loadstar.rig.PrivateNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
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

  @TempDir static Path directory;

  private static LocalRegistry registry;
  private static SampleImage image;

  @BeforeAll
  static void push() throws Exception {
    registry = LocalRegistry.startPrivate(directory, LOGIN);
    image = SampleImage.pushed(NODE.node(), "sample");
  }

  @AfterAll
  static void end() {
    if (registry != null) {
      registry.close();
    }
  }

  /** The converted image in the registry that wants a login. */
  private static String privately(String repository) throws Exception {
    String reference = registry.reference(repository, "lazy");
    NODE.node()
        .loadstar("copy", "--user", "me", image.lazy(), reference)
        .where(Map.of("LOADSTAR_PASSWORD", "opensesame"))
        .output();
    return reference;
  }

  @Test
  void aPodsImageIsLazyByItsPullSecretAlsoAfterACrash() throws Exception {
    PrivateNode node = NODE.node();
    String reference = privately("team/app");
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
    assertEquals(
        "rw-------",
        PosixFilePermissions.toString(
            Files.getPosixFilePermissions(node.snapshotterRoot().resolve("credentials.json"))));
    assertFalse(node.snapshotterLog().contains("opensesame"));
  }

  @Test
  void whatContainerdSaysOfAWrongPasswordArrives() throws Exception {
    String reference = privately("wrong/app");
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
}
