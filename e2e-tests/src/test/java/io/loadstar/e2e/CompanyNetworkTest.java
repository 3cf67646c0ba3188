package io.loadstar.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.rig.AccessLog;
import io.loadstar.rig.Ctr;
import io.loadstar.rig.ForwardProxy;
import io.loadstar.rig.LocalRegistry;
import io.loadstar.rig.Prerequisites;
import io.loadstar.rig.PrivateAuthority;
import io.loadstar.rig.PrivateNode;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;

/**
 * A node in a company: the registry is under an authority of the company's own and wants a login,
 * which a credential helper has, and is reached through a proxy that wants another.
 */
class CompanyNetworkTest {

  @RegisterExtension static final SharedImages SHARED = new SharedImages();

  // bcrypt, cost 4, of "opensesame"
  private static final String LOGIN =
      "me:$2b$04$.llLEOaQvvtQ3gMq.P1NEOmCLorxK1pTbpTVZil5TfseCfKkOO9Ey";
  private static final List<String> SECRETS =
      List.of("opensesame", base64("me:opensesame"), "proxysecret", base64("node:proxysecret"));

  @TempDir Path directory;

  @Test
  void anImageIsConvertedAndRunsLazilyAndNoSecretIsSeen() throws Exception {
    Prerequisites.missing().ifPresent(reason -> Assumptions.abort("skipped: " + reason));
    assumeTrue(Prerequisites.isInstalled("tinyproxy"), "skipped: needs the program tinyproxy");
    InetAddress own = ownAddress();
    String name = own.getHostName();
    PrivateAuthority authority = PrivateAuthority.create(directory, name);
    try (ForwardProxy proxy = ForwardProxy.start(directory, "node", "proxysecret");
        LocalRegistry registry =
            LocalRegistry.startSecure(directory, own.getHostAddress(), authority, LOGIN)) {
      String port = registry.address().substring(registry.address().lastIndexOf(':') + 1);
      String host = name + ":" + port;
      writeHosts(name + "_" + port + "_", authority);
      try (PrivateNode node =
          PrivateNode.start(
              "no_background_fetch = true\n[resolver]\nconfig_path = \"" + certificates() + "\"\n",
              environment(proxy, host))) {
        runLazily(node, registry, host + "/company/app:lazy");
        assertTrue(proxy.tunnels(host) >= 2, "of the command and of the daemon");
        assertNoSecretIn(node.snapshotterLog());
        Path pid = Path.of("/proc", Long.toString(node.snapshotterPid()), "cmdline");
        assertNoSecretIn(Files.readString(pid));
      }
      List<String> asked = Files.readAllLines(directory.resolve("helper.log"));
      assertTrue(asked.stream().allMatch(line -> line.equals("get " + host)), asked::toString);
    }
  }

  private void runLazily(PrivateNode node, LocalRegistry registry, String reference)
      throws Exception {
    SampleImage image = SHARED.sample(node, "sample");
    assertNoSecretIn(
        node.loadstar(
                "convert", "--hosts-dir", certificates().toString(), image.ordinary(), reference)
            .output());
    long mark = registry.accessLog().mark();
    Ctr ctr = node.ctr().in("company");
    assertNoSecretIn(
        node.loadstar(
                "pull",
                "--hosts-dir",
                certificates().toString(),
                "--address",
                node.containerdSocket().toString(),
                "--namespace",
                ctr.namespace(),
                "--snapshotter",
                PrivateNode.SNAPSHOTTER,
                reference)
            .output());
    assertEquals(
        "started before it has arrived\n",
        ctr.run(PrivateNode.SNAPSHOTTER, reference, "company").output());
    AccessLog.Traffic traffic = registry.accessLog().since(mark);
    assertTrue(traffic.ranged() > 0, "nothing was read by ranges");
    assertTrue(traffic.fetchedBytes() < image.bytes() / 2, traffic::toString);
  }

  private Path certificates() {
    return directory.resolve("certs.d");
  }

  private void writeHosts(String registry, PrivateAuthority authority) throws IOException {
    Path hosts = Files.createDirectories(certificates().resolve(registry));
    Files.writeString(hosts.resolve("hosts.toml"), "ca = \"" + authority.certificate() + "\"\n");
  }

  /** What an administrator would put into the unit. */
  private Map<String, String> environment(ForwardProxy proxy, String host) throws IOException {
    Path docker = Files.createDirectory(directory.resolve("docker"));
    Files.writeString(
        docker.resolve("config.json"), "{\"credHelpers\":{\"" + host + "\":\"rig\"}}");
    Path programs = Files.createDirectory(directory.resolve("bin"));
    Path helper = programs.resolve("docker-credential-rig");
    Files.writeString(
        helper,
        """
        #!/bin/sh
        read -r server
        echo "$* $server" >>'%s'
        echo '{"ServerURL":"","Username":"me","Secret":"opensesame"}'
        """
            .formatted(directory.resolve("helper.log")));
    Files.setPosixFilePermissions(helper, PosixFilePermissions.fromString("rwx------"));
    return Map.of(
        "HTTPS_PROXY",
        "http://node:proxysecret@127.0.0.1:" + proxy.port(),
        "NO_PROXY",
        "10.0.0.0/8",
        "DOCKER_CONFIG",
        docker.toString(),
        "PATH",
        programs + ":" + System.getenv("PATH"));
  }

  /** This machine by a name of which a client can't tell that it is: else no proxy is used. */
  private static InetAddress ownAddress() {
    try {
      InetAddress own = InetAddress.getLocalHost();
      assumeTrue(
          own.isLoopbackAddress() && !own.getHostName().equals("localhost"),
          "skipped: needs a name of this machine that leads to a loopback address");
      return own;
    } catch (UnknownHostException e) {
      return Assumptions.abort("skipped: this machine's name leads to no address");
    }
  }

  private static void assertNoSecretIn(String text) {
    for (String secret : SECRETS) {
      assertFalse(text.contains(secret), secret);
    }
  }

  private static String base64(String text) {
    return Base64.getEncoder().encodeToString(text.getBytes(UTF_8));
  }
}
