package io.loadstar.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageReference;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.TestAuthority;
import io.loadstar.registry.hosts.ContainerdHosts;
import io.loadstar.registry.proxy.ProxyRules;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Registries that are reached by a real forward proxy. They are on this machine under a name that
 * isn't obviously its own, since that is never reached by a proxy.
 */
final class ForwardProxyTest {

  private static final ImageReference IMAGE = ImageReference.parse("upstream.example/a/b:t");

  @TempDir Path directory;

  private final TestAccess known = new TestAccess();
  private final Map<String, String> environment = new HashMap<>();
  private ForwardProxy proxy;

  @BeforeEach
  void start() throws Exception {
    proxy = ForwardProxy.start(directory);
  }

  @AfterEach
  void stop() {
    if (proxy != null) {
      proxy.close();
    }
  }

  @ParameterizedTest
  @EnumSource
  void aRegistryIsReachedByTheProxyWithItsCredentials(FakeRegistry.Wire wire) throws Exception {
    use("http://me:hidden@127.0.0.1:" + proxy.port());
    try (FakeRegistry registry = registry(wire);
        RegistryClient client = client(registry)) {
      read(client, registry);
      byte[] bytes = new byte[100_000];
      Descriptor blob = Descriptor.of("x/y", Digest.of(bytes), bytes.length);
      client.putBlob(IMAGE, blob, BlobContent.of(bytes));
      assertTrue(registry.has(blob.digest()));
      assertEquals(3, registry.requests().size(), registry.lines().toString());
      assertNull(registry.requests().getFirst().getHeaders().get("Proxy-Authorization"));
      boolean tunnelled = wire != FakeRegistry.Wire.HTTP_1;
      assertEquals(tunnelled ? 1 : 0, proxy.log("CONNECT " + host(registry)).size());
      assertEquals(
          wire == FakeRegistry.Wire.HTTP_2_TLS ? "HTTP/2" : "HTTP/1.1",
          registry.requests().getLast().getVersion());
    }
  }

  @Test
  void aProxyThatIsItselfUnderTlsIsSpokenToSo() throws Exception {
    try (TlsRelay relay = new TlsRelay(proxy.port());
        FakeRegistry registry = registry(FakeRegistry.Wire.HTTP_2_TLS)) {
      use("https://me:hidden@localhost:" + relay.port());
      try (RegistryClient client = client(registry)) {
        read(client, registry);
      }
      assertEquals(1, proxy.log("CONNECT " + host(registry)).size());
    }
  }

  @Test
  void wrongCredentialsAreAnErrorWithoutThem() throws Exception {
    use("http://me:wrongsecret@127.0.0.1:" + proxy.port());
    try (FakeRegistry registry = registry(FakeRegistry.Wire.HTTP_1_TLS);
        RegistryClient client = client(registry)) {
      RegistryException e = assertThrows(RegistryException.class, () -> read(client, registry));
      assertFalse(trace(e).contains("wrongsecret"));
      assertFalse(trace(e).contains("d3Jvbmdz"));
      assertEquals(0, registry.requests().size());
    }
  }

  @Test
  void whatNoProxyNamesIsReachedWithoutOne() throws Exception {
    use("http://me:hidden@127.0.0.1:" + proxy.port());
    environment.put("NO_PROXY", "10.0.0.0/8," + name());
    try (FakeRegistry registry = registry(FakeRegistry.Wire.HTTP_1_TLS);
        RegistryClient client = client(registry)) {
      read(client, registry);
      assertEquals(1, registry.requests().size());
      assertEquals(List.of(), proxy.log("CONNECT " + name()));
    }
  }

  private void use(String url) throws IOException {
    environment.put("HTTPS_PROXY", url);
    environment.put("HTTP_PROXY", url);
    environment.put("SSL_CERT_FILE", TestAuthority.writeRoot(directory).toString());
  }

  private RegistryClient client(FakeRegistry registry) throws IOException {
    Path hosts = Files.createDirectories(directory.resolve("certs.d/upstream.example"));
    String scheme = registry.origin().substring(0, registry.origin().indexOf(':'));
    Files.writeString(
        hosts.resolve("hosts.toml"), "[host.\"" + scheme + "://" + host(registry) + "\"]\n");
    return new RegistryClient(
        known
            .access()
            .withHosts(ContainerdHosts.of(directory.resolve("certs.d").toString()))
            .withNetwork(
                known
                    .access()
                    .network()
                    .withProxies(ProxyRules.of(environment))
                    .withEnvironment(environment)));
  }

  private static void read(RegistryClient client, FakeRegistry registry) throws IOException {
    byte[] bytes = new byte[5];
    client.openBlob(IMAGE, registry.blob()).readFully(10, ByteBuffer.wrap(bytes));
    assertArrayEquals(Arrays.copyOfRange(registry.bytes(), 10, 15), bytes);
  }

  private static FakeRegistry registry(FakeRegistry.Wire wire) throws IOException {
    return new FakeRegistry(wire, InetAddress.getByName(name()));
  }

  private static String host(FakeRegistry registry) {
    return name() + registry.host().substring(registry.host().lastIndexOf(':'));
  }

  /** This machine, by a name of which a client can't tell that it is. */
  private static String name() {
    try {
      InetAddress own = InetAddress.getLocalHost();
      Assumptions.assumeTrue(
          own.isLoopbackAddress() && !own.getHostName().equals("localhost"),
          "skipped: needs a name of this machine that leads to a loopback address");
      return own.getHostName();
    } catch (UnknownHostException e) {
      return Assumptions.abort("skipped: this machine's name leads to no address");
    }
  }

  private static String trace(Throwable failure) {
    StringWriter trace = new StringWriter();
    failure.printStackTrace(new PrintWriter(trace, true));
    return trace.toString();
  }
}
