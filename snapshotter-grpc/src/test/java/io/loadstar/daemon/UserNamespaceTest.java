package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.build.BuildOptions;
import io.loadstar.grpc.GrpcSnapshotter;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.snapshot.Mount;
import io.loadstar.snapshot.SnapshotException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A daemon, and overlays over its layers, in a user namespace. */
final class UserNamespaceTest {

  @TempDir Path folder;

  @BeforeEach
  void needRoot() throws Exception {
    assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "skipped: needs root");
    assumeTrue(Files.isWritable(Path.of("/dev/fuse")), "skipped: needs /dev/fuse");
  }

  @Test
  void whatAnUpperLayerHidesIsHiddenByAttributesThatItsRootMaySee() throws Exception {
    Path lower = Files.createDirectories(folder.resolve("lower/directory"));
    Files.writeString(lower.resolve("below"), "below");
    Files.writeString(folder.resolve("lower/gone"), "below");
    Path upper = Files.createDirectories(folder.resolve("upper/directory"));
    Files.writeString(upper.resolve("above"), "above");
    Files.createFile(upper.resolve(".wh..wh..opq"));
    Files.createFile(folder.resolve("upper/.wh.gone"));
    Files.createDirectory(folder.resolve("merged"));
    try (FakeRegistry registry = new FakeRegistry();
        DaemonProcess daemon =
            DaemonProcess.startInUserNamespace(folder, DaemonNode.ON_DEMAND_ONLY);
        GrpcSnapshotter client = daemon.connect()) {
      TestLayer one = TestLayer.of(folder.resolve("lower"), registry, BuildOptions.DEFAULT);
      TestLayer two = TestLayer.of(folder.resolve("upper"), registry, BuildOptions.DEFAULT);
      String image = registry.image().toString();
      String below = prepared(client, one, "", image);
      Mount mount =
          client.prepare("container", prepared(client, two, below, image), Map.of()).getFirst();
      assertEquals("userxattr", mount.options().getLast());
      assertEquals(
          "directory\nabove\nmore\n",
          daemon.runInside(
              "mount -t overlay overlay -o %s '%s' && cd '%s' && ls && ls directory && mkdir -p new && echo more >>directory/above && tail -c 5 directory/above"
                  .formatted(
                      String.join(",", mount.options()),
                      folder.resolve("merged"),
                      folder.resolve("merged"))));
    }
  }

  private static String prepared(
      GrpcSnapshotter client, TestLayer layer, String parent, String image) throws Exception {
    assertThrows(
        SnapshotException.AlreadyExists.class,
        () -> client.prepare("extract " + layer.ref(), parent, layer.labels(image)));
    return client
        .list(List.of("labels.\"containerd.io/snapshot.ref\"==" + layer.ref()))
        .getFirst()
        .name();
  }
}
