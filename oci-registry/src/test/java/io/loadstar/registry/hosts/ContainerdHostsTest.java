package io.loadstar.registry.hosts;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What containerd's directories of hosts mean. */
final class ContainerdHostsTest {

  private static final String REGISTRY = "registry.example:5000";
  private static final ConfiguredHost USUAL =
      ConfiguredHost.usual(URI.create("https://registry.example:5000/v2"));

  @TempDir Path root;

  @Test
  void withoutADirectoryTheRegistryIsAskedItself() {
    assertEquals(List.of(USUAL), find());
    assertEquals(List.of(USUAL), ContainerdHosts.of("/nonexistent:" + root).find(REGISTRY, USUAL));
  }

  @Test
  void theDirectoryWithUnderscoresComesBeforeTheOneWithAColonAndTheDefault() throws IOException {
    write("_default", "[host.\"https://default\"]");
    assertEquals("https://default/v2", find().getFirst().base().toString());
    write(REGISTRY, "[host.\"https://colon\"]");
    assertEquals("https://colon/v2", find().getFirst().base().toString());
    write("registry.example_5000_", "[host.\"https://underscores\"]");
    assertEquals("https://underscores/v2", find().getFirst().base().toString());
  }

  @Test
  void mirrorsComeInTheOrderOfTheFileAndTheServerLast() throws IOException {
    write(
        REGISTRY,
        """
        server = "https://upstream.example"
        [host."https://zeta.example"]
          capabilities = ["pull"]
        [host."http://alpha.example:8080"]
          capabilities = ["pull", "RESOLVE"]
        [host."middle.example"]
        """);
    List<ConfiguredHost> hosts = find();
    assertEquals(
        List.of(
            "https://zeta.example/v2",
            "http://alpha.example:8080/v2",
            "https://middle.example/v2",
            "https://upstream.example/v2"),
        hosts.stream().map(host -> host.base().toString()).toList());
    assertEquals(Set.of(HostCapability.PULL), hosts.get(0).capabilities());
    assertFalse(hosts.get(1).can(HostCapability.PUSH));
    assertEquals(EnumSet.allOf(HostCapability.class), hosts.get(2).capabilities());
  }

  @Test
  void aPathIsTheApisOwnOnlyWhereThatIsSaid() throws IOException {
    write(
        REGISTRY,
        """
        [host."https://a.example/mirror/"]
        [host."https://b.example/mirror"]
          override_path = true
        [host."https://c.example/mirror/v2"]
        [host."https://d.example"]
          override_path = true
        """);
    assertEquals(
        List.of(
            "https://a.example/mirror/v2",
            "https://b.example/mirror",
            "https://c.example/mirror/v2",
            "https://d.example",
            "https://registry.example:5000/v2"),
        find().stream().map(host -> host.base().toString()).toList());
  }

  @Test
  void trustHeadersAndTheTimeToConnectAreRead() throws IOException {
    write(
        REGISTRY,
        """
        [host."https://a.example"]
          ca = "a.crt"
          client = "both.pem"
          skip_verify = true
          dial_timeout = "1m1.5s"
          [host."https://a.example".header]
            X-One = "hidden"
            X-Two = ["2", "3"]
        [host."https://b.example"]
          ca = ["/etc/b.crt", "c.crt"]
          client = [["b.cert", "b.key"], ["both.pem", "both.pem"]]
        [host."https://c.example"]
          client = ["one.pem", "two.pem"]
        """);
    Path directory = root.resolve(REGISTRY);
    ConfiguredHost a = find().get(0);
    Path both = directory.resolve("both.pem");
    assertEquals(
        new HostTls(
            List.of(directory.resolve("a.crt")),
            List.of(new ClientCertificate(both, both)),
            HostTls.Check.NONE),
        a.tls());
    assertEquals(Map.of("X-One", List.of("hidden"), "X-Two", List.of("2", "3")), a.headers());
    assertEquals(Optional.of(Duration.ofMillis(61_500)), a.connect());
    assertFalse(a.toString().contains("hidden"), "a header's value may be a secret");
    assertEquals(
        new HostTls(
            List.of(Path.of("/etc/b.crt"), directory.resolve("c.crt")),
            List.of(
                new ClientCertificate(directory.resolve("b.cert"), directory.resolve("b.key")),
                new ClientCertificate(both, both)),
            HostTls.Check.FULL),
        find().get(1).tls());
    assertEquals(2, find().get(2).tls().clients().size());
  }

  @Test
  void whatStandsAtTheTopIsTheServers() throws IOException {
    write(REGISTRY, "ca = \"ca.crt\"\ncapabilities = [\"pull\"]\n[host.\"https://m.example\"]\n");
    ConfiguredHost server = find().getLast();
    assertEquals(USUAL.base(), server.base());
    assertEquals(List.of(root.resolve(REGISTRY).resolve("ca.crt")), server.tls().authorities());
    assertEquals(USUAL.capabilities(), server.capabilities(), "only a named server's are read");
    write(REGISTRY, "server = \"https://s.example\"\ncapabilities = [\"pull\"]\n");
    assertEquals(Set.of(HostCapability.PULL), find().getLast().capabilities());
  }

  @Test
  void withoutAFileTheCertificatesCountAsInDockersDirectory() throws IOException {
    Path directory = Files.createDirectories(root.resolve("registry.example_5000_"));
    for (String name : List.of("ca.crt", "me.cert", "me.key", "both.cert", "other.txt")) {
      Files.writeString(directory.resolve(name), "x");
    }
    Path both = directory.resolve("both.cert");
    HostTls expected =
        new HostTls(
            List.of(directory.resolve("ca.crt")),
            List.of(
                new ClientCertificate(both, both),
                new ClientCertificate(directory.resolve("me.cert"), directory.resolve("me.key"))),
            HostTls.Check.FULL);
    assertEquals(List.of(USUAL.with(expected)), find());
    ConfiguredHost plain = ConfiguredHost.usual(URI.create("http://registry.example:5000/v2"));
    assertEquals(
        "https",
        ContainerdHosts.of(root.toString()).find(REGISTRY, plain).getFirst().base().getScheme());
  }

  @Test
  void aFileThatCannotBeFollowedIsLeftOutAndTheCertificatesCount() throws IOException {
    for (String wrong :
        List.of(
            "not toml",
            "host = 5",
            "[host.\"ftp://x\"]",
            "[host.\"https://x\"]\ncapabilities = [\"fly\"]",
            "[host.\"https://x\"]\nca = 5",
            "[host.\"https://x\"]\nclient = [[\"a\"]]",
            "[host.\"https://x\"]\nskip_verify = \"yes\"",
            "[host.\"https://x\"]\ndial_timeout = \"soon\"",
            "[host.\"https://x y\"]",
            "[host.\"\"]")) {
      write(REGISTRY, wrong);
      Path authority = root.resolve(REGISTRY).resolve("ca.crt");
      Files.writeString(authority, "x");
      assertEquals(1, find().size(), wrong);
      assertEquals(List.of(authority), find().getFirst().tls().authorities(), wrong);
    }
  }

  @Test
  void aChangedFileCountsAtOnce() throws IOException {
    ContainerdHosts hosts = ContainerdHosts.of(root.toString());
    write(REGISTRY, "[host.\"https://one.example\"]");
    assertEquals("one.example", hosts.find(REGISTRY, USUAL).getFirst().base().getHost());
    write(REGISTRY, "[host.\"https://two.example\"]");
    Files.setLastModifiedTime(
        root.resolve(REGISTRY).resolve("hosts.toml"), FileTime.from(Instant.EPOCH));
    assertEquals("two.example", hosts.find(REGISTRY, USUAL).getFirst().base().getHost());
    Files.delete(root.resolve(REGISTRY).resolve("hosts.toml"));
    assertEquals(List.of(USUAL), hosts.find(REGISTRY, USUAL));
  }

  private List<ConfiguredHost> find() {
    return ContainerdHosts.of(root.toString()).find(REGISTRY, USUAL);
  }

  private void write(String directory, String toml) throws IOException {
    Files.createDirectories(root.resolve(directory));
    Files.writeString(root.resolve(directory).resolve("hosts.toml"), toml);
  }
}
