package io.loadstar.registry;

import static io.loadstar.registry.fake.Faults.status;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.credentials.Credentials;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.MediaTypes;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Faults;
import io.loadstar.registry.fake.SignedStore;
import io.loadstar.registry.fake.TestAuthority;
import io.loadstar.registry.hosts.ContainerdHosts;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import mockwebserver3.RecordedRequest;
import okhttp3.Headers;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A registry that is reached as {@code hosts.toml} says. */
final class HostsTest {

  private static final ImageReference IMAGE = ImageReference.parse("upstream.example/a/b:t");

  @TempDir Path root;

  private final TestAccess known = new TestAccess();
  private FakeRegistry mirror;
  private FakeRegistry upstream;
  private RegistryClient client;

  @BeforeEach
  void start() {
    mirror = new FakeRegistry();
    upstream = new FakeRegistry();
    client = open();
  }

  @AfterEach
  void stop() {
    client.close();
    mirror.close();
    upstream.close();
  }

  @Test
  void aMirrorIsToldWhoseContentIsWantedAndTheServerIsNot() throws IOException {
    writeMirrorAndServer();
    read();
    assertTrue(mirror.lines().getFirst().contains("?ns=upstream.example"));
    mirror.next(status(404));
    read();
    assertEquals(1, upstream.requests().size());
    assertTrue(
        upstream.lines().getFirst().contains("?ns=upstream.example"),
        "a server by another name than the registry's is told, too, as containerd does");
  }

  @Test
  void aMirrorThatFailsIsNotAskedAgainAtOnce() throws IOException {
    writeMirrorAndServer();
    mirror.always(request -> true, status(503));
    read();
    read();
    read();
    assertEquals(1, mirror.requests().size());
    assertEquals(3, upstream.requests().size());
    assertEquals(List.of(), known.pauses, "nobody waits for a mirror");
  }

  @Test
  void aMirrorThatIsGoneOrSendsWrongManifestsIsReplacedByTheServer() throws IOException {
    writeMirrorAndServer();
    ImageDocument manifest = manifest();
    upstream.add("t", manifest);
    mirror.add("t", manifest);
    mirror.next(Faults.wrongBytes());
    assertEquals(manifest.digest(), client.resolve(IMAGE.withDigest(manifest.digest())).digest());
    mirror.goAway();
    assertEquals(manifest.digest(), client.resolve(IMAGE).digest());
    assertEquals(2, upstream.requests().size());
  }

  @Test
  void tagsAreOnlyResolvedByHostsThatMay() throws IOException {
    write(
        """
        server = "%s"
        [host."%s"]
          capabilities = ["pull"]
        """
            .formatted(upstream.origin(), mirror.origin()));
    ImageDocument manifest = manifest();
    upstream.add("t", manifest);
    mirror.add("t", manifest);
    client.resolve(IMAGE);
    assertEquals(0, mirror.requests().size());
    client.resolve(IMAGE.withDigest(manifest.digest()));
    assertEquals(1, mirror.requests().size());
  }

  @Test
  void whatIsPutGoesToTheFirstHostThatTakesIt() throws IOException {
    write(
        """
        server = "%s"
        [host."%s"]
          capabilities = ["pull", "resolve"]
        """
            .formatted(upstream.origin(), mirror.origin()));
    byte[] bytes = {1, 2, 3};
    client.putBlob(IMAGE, Descriptor.of("x/y", Digest.of(bytes), 3), BlobContent.of(bytes));
    assertTrue(upstream.has(Digest.of(bytes)));
    assertEquals(0, mirror.requests().size());
    write("server = \"" + upstream.origin() + "\"\ncapabilities = [\"pull\"]\n");
    RegistryException e =
        assertThrows(
            RegistryException.NotServed.class, () -> client.putManifest(IMAGE, manifest()));
    assertTrue(String.valueOf(e.getMessage()).contains("\"push\""));
  }

  @Test
  void headersGoToTheirHostAndNotWhereItRedirects() throws IOException {
    try (SignedStore store = new SignedStore()) {
      write(
          """
          [host."%s"]
            [host."%s".header]
              X-Dragonfly-Registry = ["https://upstream.example"]
              X-Api-Key = "hidden"
          """
              .formatted(mirror.origin(), mirror.origin()));
      mirror.always(FakeRegistry::isBlobRead, store.redirects());
      read();
      Headers sent = mirror.requests().getFirst().getHeaders();
      assertEquals("https://upstream.example", sent.get("X-Dragonfly-Registry"));
      assertEquals("hidden", sent.get("X-Api-Key"));
      assertNull(store.server().requests().getFirst().getHeaders().get("X-Api-Key"));
    }
  }

  /** dfdaemon as a mirror, as Dragonfly's documents have it; Dragonfly itself isn't here. */
  @Test
  void dragonflyIsToldTheRegistryAndAskedForSingleRangesWhichItMustKeepTo() throws IOException {
    write(
        """
        server = "%1$s"
        [host."%2$s"]
          capabilities = ["pull", "resolve"]
          [host."%2$s".header]
            X-Dragonfly-Registry = ["https://upstream.example"]
        """
            .formatted(upstream.origin(), mirror.origin()));
    ImageDocument manifest = manifest();
    mirror.add("t", manifest);
    client.resolve(IMAGE);
    BlobTail tail = client.openTail(IMAGE, mirror.blob().digest(), 51);
    List<byte[]> parts = new ArrayList<>();
    tail.source()
        .readRanges(
            List.of(new ByteRange(10, 5), new ByteRange(50_000, 5)),
            (range, in) -> parts.add(in.readAllBytes()));
    String blob = "/v2/a/b/blobs/" + mirror.blob().digest() + "?ns=upstream.example";
    assertEquals(
        List.of(
            "GET /v2/a/b/manifests/t?ns=upstream.example",
            "GET " + blob + " bytes=-51",
            "GET " + blob + " bytes=10-14",
            "GET " + blob + " bytes=50000-50004"),
        mirror.lines());
    for (RecordedRequest request : mirror.requests()) {
      assertEquals("https://upstream.example", request.getHeaders().get("X-Dragonfly-Registry"));
      assertEquals("identity", request.getHeaders().get("Accept-Encoding"));
    }
    assertEquals(List.of(), upstream.lines());
    // Another part than was asked for isn't taken for it: the registry is asked.
    mirror.next((request, good) -> mirror.part(0, 4, "bytes 0-4/100000"));
    read();
    assertEquals(List.of("GET " + blob + " bytes=10-14"), upstream.lines());
  }

  @Test
  void aPathOfItsOwnIsTheApis() throws IOException {
    write(
        """
        [host."%s/custom/api"]
          override_path = true
        """
            .formatted(mirror.origin()));
    read();
    assertTrue(mirror.lines().getFirst().startsWith("GET /custom/api/a/b/blobs/sha256:"));
  }

  @Test
  void aMirrorGetsItsOwnCredentialsAndNotTheRegistrys() throws IOException {
    writeMirrorAndServer();
    mirror.next(status(401, "WWW-Authenticate", "Basic realm=\"r\""));
    try (RegistryClient login =
        new RegistryClient(
            access()
                .withCredentials(
                    host -> new Credentials.UsernamePassword(host, "password of " + host)))) {
      read(login);
    }
    assertEquals(
        okhttp3.Credentials.basic(mirror.host(), "password of " + mirror.host()),
        mirror.requests().getLast().getHeaders().get("Authorization"));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "HTTP_1")
  void aPrivateAuthorityIsTrustedWhereItIsNamedAndNowhereElse(FakeRegistry.Wire wire)
      throws IOException {
    try (FakeRegistry secure = new FakeRegistry(wire)) {
      write("server = \"" + secure.origin() + "\"\n");
      RegistryException e =
          assertThrows(RegistryException.Unreachable.class, () -> resolve(secure));
      assertTrue(String.valueOf(e.getMessage()).contains("certificate isn't trusted"));
      assertEquals(List.of(), secure.lines());

      TestAuthority.writeRoot(directory());
      write("[host.\"" + secure.origin() + "\"]\nca = \"ca.crt\"\n");
      read();
      assertEquals(
          wire == FakeRegistry.Wire.HTTP_2_TLS ? "HTTP/2" : "HTTP/1.1",
          secure.requests().getFirst().getVersion());
      write("[host.\"" + secure.origin() + "\"]\nskip_verify = true\n");
      read();
    }
  }

  @Test
  void theSystemsBundleCountsBesideTheHostsOwnAuthority() throws IOException {
    try (FakeRegistry secure = new FakeRegistry(FakeRegistry.Wire.HTTP_2_TLS)) {
      write("[host.\"" + secure.origin() + "\"]\n");
      Path bundle = TestAuthority.writeRoot(root);
      Network company =
          access().network().withEnvironment(Map.of("SSL_CERT_FILE", bundle.toString()));
      try (RegistryClient own = new RegistryClient(access().withNetwork(company))) {
        read(own);
      }
      assertEquals(1, secure.requests().size());
    }
  }

  @Test
  void aClientCertificateIsShownInEachFormOfItsKey() throws IOException {
    try (FakeRegistry secure = new FakeRegistry(FakeRegistry.Wire.HTTP_1_TLS)) {
      secure.requireClientCertificate();
      TestAuthority.writeRoot(directory());
      TestAuthority.writeClient(directory());
      Files.writeString(
          directory().resolve("both.pem"),
          TestAuthority.clientCertificate() + TestAuthority.clientKeyPkcs1());
      String host = "server = \"" + secure.origin() + "\"\nca = \"ca.crt\"\n";
      write(host);
      assertThrows(RegistryException.Unreachable.class, () -> resolve(secure));
      write(host + "client = [[\"client.cert\", \"client.key\"]]\n");
      read();
      write(host + "client = \"both.pem\"\n");
      read();
      assertEquals(2, secure.requests().size());
    }
  }

  @Test
  void certificatesThatCannotBeReadAreNamed() throws IOException {
    try (FakeRegistry secure = new FakeRegistry(FakeRegistry.Wire.HTTP_1_TLS)) {
      write("server = \"" + secure.origin() + "\"\nca = \"none.crt\"\nclient = \"bad.pem\"\n");
      Files.writeString(directory().resolve("bad.pem"), "hidden");
      RegistryException e = assertThrows(RegistryException.class, () -> resolve(secure));
      assertTrue(e.toString().contains("none.crt"), e.toString());
      Files.writeString(directory().resolve("none.crt"), "hidden");
      e = assertThrows(RegistryException.class, () -> resolve(secure));
      assertTrue(e.toString().contains("none.crt has no certificate"), e.toString());
      assertFalse(e.toString().contains("hidden"));
    }
  }

  /** Asks for a tag, with nobody but {@code only} to answer. */
  private void resolve(FakeRegistry only) throws IOException {
    client.resolve(ImageReference.parse("upstream.example/a/b:" + only.host().replace(':', '-')));
  }

  private Path directory() throws IOException {
    return Files.createDirectories(root.resolve("upstream.example"));
  }

  private void writeMirrorAndServer() throws IOException {
    write("server = \"" + upstream.origin() + "\"\n[host.\"" + mirror.origin() + "\"]\n");
  }

  private void write(String toml) throws IOException {
    Path file = directory().resolve("hosts.toml");
    Files.deleteIfExists(file);
    Files.writeString(file, toml);
  }

  private RegistryAccess access() {
    return known.access().withHosts(ContainerdHosts.of(root.toString()));
  }

  private RegistryClient open() {
    return new RegistryClient(access());
  }

  private void read() throws IOException {
    read(client);
  }

  private void read(RegistryClient by) throws IOException {
    byte[] bytes = new byte[5];
    by.openBlob(IMAGE, mirror.blob()).readFully(10, ByteBuffer.wrap(bytes));
    assertArrayEquals(Arrays.copyOfRange(mirror.bytes(), 10, 15), bytes);
  }

  private static ImageDocument manifest() {
    return ImageDocument.of(
        MediaTypes.OCI_MANIFEST,
        "{\"schemaVersion\":2,\"mediaType\":\"%s\"}"
            .formatted(MediaTypes.OCI_MANIFEST)
            .getBytes(StandardCharsets.UTF_8));
  }
}
