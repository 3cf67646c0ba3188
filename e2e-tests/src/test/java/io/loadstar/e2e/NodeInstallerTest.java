package io.loadstar.e2e;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.rig.Checkout;
import io.loadstar.rig.ContainerdPrograms;
import io.loadstar.rig.Finished;
import io.loadstar.rig.Prerequisites;
import io.loadstar.rig.Program;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code deploy/node/loadstar-node} on a node that doesn't run: a directory with a containerd in
 * it, which reads what the installer writes. A node that runs is {@code bin/try-node}'s.
 */
class NodeInstallerTest {

  private static final String CONFIGURATION = "etc/containerd/config.toml";

  /** What a node of Kubernetes has there, and must go on having. */
  private static final String CRI =
      """
      version = 2
      # ours
      [plugins]
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "registry.example/pause:9"
          [plugins.'io.containerd.grpc.v1.cri'.containerd]
            snapshotter = "overlayfs" # as ever
            [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.special]
              runtime_type = "io.containerd.runc.v2"
              [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.special.options]
                SystemdCgroup = true
      [proxy_plugins.other]
        type = "snapshot"
        address = "/run/other.sock\"\
      """;

  @TempDir static Path shared;
  @TempDir Path root;

  private static Path distribution;

  @BeforeAll
  static void makeADistribution() throws Exception {
    assumeTrue("root".equals(System.getProperty("user.name")), "skipped: needs root, for chroot");
    assumeTrue(Prerequisites.isInstalled("containerd"), "skipped: needs the program containerd");
    distribution = Files.createDirectory(shared.resolve("distribution"));
    Program.shell(
            """
            cd '%s' && mkdir -p runtime/bin dist/aot bin && cp /bin/true runtime/bin/java && echo '1 first' >dist/stamp && cp -r '%s/deploy' .
            """
                .formatted(distribution, Checkout.found().root()))
        .output();
  }

  @BeforeEach
  void makeANode() throws Exception {
    for (String directory : List.of("etc/containerd", "etc/systemd/system", "opt", "tmp")) {
      Files.createDirectories(root.resolve(directory));
    }
    write(CRI);
  }

  static List<ContainerdPrograms> containerds() throws Exception {
    List<ContainerdPrograms> all = new ArrayList<>(List.of(ContainerdPrograms.installed()));
    for (String suite : List.of("trixie", "forky")) {
      ContainerdPrograms.ofDebian(suite).ifPresent(all::add);
    }
    return all;
  }

  @ParameterizedTest
  @MethodSource("containerds")
  void uninstallingLeavesEveryByteAsItWas(ContainerdPrograms programs) throws Exception {
    put(programs);
    String before = files();

    String said = installer("install").succeeded().out();
    String installed = files();
    String saidAgain = installer("install").succeeded().out();

    assertTrue(said.contains("write Loadstar's lines into"), said);
    assertFalse(said.contains("isn't checked"), said);
    assertEquals("loadstar-node: in place; nothing was started\n", saidAgain);
    assertEquals(installed, files(), "the second run has changed something");
    String dump = dump();
    assertTrue(dump.contains("registry.example/pause:9"), dump);
    assertTrue(dump.contains("SystemdCgroup = true"), dump);
    assertTrue(dump.contains("/run/other.sock"), dump);
    assertTrue(dump.contains("/run/loadstar-snapshotter/loadstar-snapshotter.sock"), dump);

    installer("uninstall").succeeded();

    assertEquals(before, files());
  }

  @ParameterizedTest
  @MethodSource("containerds")
  void whereThereIsNoConfigurationOneIsMadeAndRemoved(ContainerdPrograms programs)
      throws Exception {
    put(programs);
    Files.delete(root.resolve(CONFIGURATION));
    String before = files();

    installer("install").succeeded();

    assertTrue(
        read().startsWith("version = " + (programs.isTwo() ? 3 : 2)), "another version: " + read());
    installer("uninstall").succeeded();
    assertEquals(before, files());
  }

  @Test
  void whatOthersHaveChangedMeanwhileStays() throws Exception {
    installer("install").succeeded();
    write(read() + "[debug]\n  level = \"debug\"\n");

    installer("uninstall").succeeded();

    assertEquals(CRI + "\n[debug]\n  level = \"debug\"\n", read());
    assertEquals(CRI, Files.readString(root.resolve(CONFIGURATION + ".before-loadstar")));
  }

  @Test
  void anUpgradeKeepsTheFormerReleaseAndTheOperatorsConfiguration() throws Exception {
    installer("install").succeeded();
    Path configuration = root.resolve("etc/loadstar-snapshotter/config.toml");
    String edited = "noprefetch = true\n" + Files.readString(configuration);
    Files.writeString(configuration, edited);
    Path stamp = distribution.resolve("dist/stamp");
    Files.writeString(stamp, "2 second\n");
    try {
      installer("upgrade").succeeded();
    } finally {
      Files.writeString(stamp, "1 first\n");
    }

    assertEquals(
        Path.of("/opt/loadstar.d/2-second"), Files.readSymbolicLink(root.resolve("opt/loadstar")));
    assertTrue(Files.exists(root.resolve("opt/loadstar.d/1-first")));
    assertEquals(edited, Files.readString(configuration));
  }

  @Test
  void linesThatContainerdCannotReadAreNotWritten() throws Exception {
    put(ContainerdPrograms.installed());
    // A dotted key is the table that the installer would begin: it comes twice then.
    refuses("version = 2\nproxy_plugins.loadstar.type = \"snapshot\"\n", "can't read", "by hand");
  }

  @Test
  void anImportedFileThatOverridesIsNamed() throws Exception {
    put(ContainerdPrograms.installed());
    Files.writeString(
        root.resolve("etc/containerd/more.toml"),
        """
        version = 2
        [plugins."io.containerd.grpc.v1.cri"]
          sandbox_image = "registry.example/pause:9"
        """);
    refuses("version = 2\nimports = [\"more.toml\"]\n", "imports sets the plugin cri anew");
  }

  @Test
  void aConfigurationOfVersionOneIsRefused() throws Exception {
    refuses("[plugins.cri]\n  sandbox_image = \"x\"\n", "version 1");
  }

  @Test
  void withoutCriOnlyTheProxyPluginIsAdded() throws Exception {
    put(ContainerdPrograms.installed());
    write("version = 2\ndisabled_plugins = [\n  \"io.containerd.grpc.v1.cri\",\n]\n");

    String said = installer("install").succeeded().out();

    assertTrue(said.contains("pods won't use Loadstar"), said);
    assertFalse(read().contains("snapshotter = \"loadstar\""), read());
    assertTrue(read().contains("[proxy_plugins.loadstar] # loadstar-node"), read());
  }

  @Test
  void aDryRunChangesNothing() throws Exception {
    String before = files();

    String said = installer("install", "--dry-run").succeeded().out();

    assertTrue(said.contains("would write Loadstar's lines into"), said);
    assertEquals(before, files());
  }

  @Test
  void aKubeletThatPullsThroughItIsNamed() throws Exception {
    installer("install").succeeded();
    Files.createDirectories(root.resolve("var/lib/kubelet"));
    Files.writeString(
        root.resolve("var/lib/kubelet/config.yaml"),
        "imageServiceEndpoint: unix:///run/loadstar-snapshotter/loadstar-snapshotter.sock\n");

    Finished finished = installer("uninstall");

    assertEquals(1, finished.status());
    assertTrue(finished.err().contains("/var/lib/kubelet/config.yaml"), finished.err());
  }

  @Test
  void misuseIsOneLine() throws Exception {
    Finished finished = installer("install", "--cri", "maybe");

    assertEquals(2, finished.status());
    assertEquals(1, finished.err().lines().count(), finished.err());
  }

  private void refuses(String configuration, String... why) throws Exception {
    write(configuration);
    Finished finished = installer("install");

    assertNotEquals(0, finished.status());
    assertEquals(1, finished.err().lines().count(), finished.err());
    for (String part : why) {
      assertTrue(finished.err().contains(part), finished.err());
    }
    assertEquals(configuration, read());
  }

  private Finished installer(String command, String... options) throws Exception {
    return Program.of(
            distribution.resolve("deploy/node/loadstar-node").toString(),
            command,
            "--host-root",
            root.toString())
        .with(List.of(options))
        .run();
  }

  /** A containerd for the node, with the libraries that it is linked with. */
  private void put(ContainerdPrograms programs) throws Exception {
    Program.shell(
            """
            containerd=$(type -P '%s') && cd '%s' && mkdir -p usr/bin && cp "$containerd" usr/bin/containerd &&
            ldd "$containerd" | grep -o '/[^ ]*' | while read -r library; do mkdir -p ".${library%%/*}" && cp -L "$library" ".$library"; done
            """
                .formatted(programs.program("containerd"), root))
        .output();
  }

  private String dump() throws Exception {
    return Program.of(
            "chroot", root.toString(), "/usr/bin/containerd", "--config", "/" + CONFIGURATION)
        .with(List.of("config", "dump"))
        .output();
  }

  private void write(String configuration) throws Exception {
    Files.writeString(root.resolve(CONFIGURATION), configuration);
  }

  private String read() throws Exception {
    return Files.readString(root.resolve(CONFIGURATION));
  }

  /** Each file and directory with its mode, owner, time (of files and links) and content. */
  private String files() throws Exception {
    return Program.shell(
            """
            cd '%s' && find . -type d -printf '%%p %%m %%U:%%G\\n' -o -printf '%%p %%m %%U:%%G %%s %%T@ %%l\\n' | sort &&
            find etc opt -type f -exec sha256sum {} + | sort
            """
                .formatted(root))
        .output();
  }
}
