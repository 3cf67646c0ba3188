package io.loadstar.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.credentials.Credentials;
import io.loadstar.credentials.DockerConfigCredentials;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.MediaTypes;
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
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Debian's docker-registry as companies run it. */
final class RealRegistryTest {

  private static final byte[] LAYER = new byte[3 << 20];
  private static final Descriptor BLOB;

  static {
    new Random(20261121).nextBytes(LAYER);
    BLOB = Descriptor.of("application/octet-stream", Digest.of(LAYER), LAYER.length);
  }

  @TempDir static Path directory;

  private final TestAccess known = new TestAccess();

  @BeforeAll
  static void writeAuthority() throws IOException {
    TestAuthority.writeRoot(directory);
  }

  @Test
  void underTlsOfAPrivateAuthorityAndWithALogin() throws IOException {
    Path own = Files.createDirectories(directory.resolve("secure"));
    try (DockerRegistry secure = DockerRegistry.startSecure(own, "me", RealPeer.HASH)) {
      ImageReference image = secure.image("a/b:t");
      Path config = own.resolve("config.json");
      // me:opensesame
      Files.writeString(
          config, "{\"auths\":{\"" + secure.host() + "/a\":{\"auth\":\"bWU6b3BlbnNlc2FtZQ==\"}}}");
      RegistryAccess access =
          known
              .access()
              .withPlainHttp(host -> false)
              .withCredentials(new DockerConfigCredentials(config));
      try (RegistryClient stranger = new RegistryClient(access)) {
        RegistryException e =
            assertThrows(RegistryException.Unreachable.class, () -> stranger.resolve(image));
        assertTrue(String.valueOf(e.getMessage()).contains("certificate isn't trusted"));
      }
      write(own, secure.host(), "ca = \"" + directory.resolve("ca.crt") + "\"\n");
      RegistryAccess trusting = access.withHosts(ContainerdHosts.of(own + "/certs.d"));
      try (RegistryClient nobody =
          new RegistryClient(trusting.withCredentials(host -> new Credentials.Anonymous()))) {
        RegistryException e =
            assertThrows(RegistryException.Unauthorized.class, () -> nobody.resolve(image));
        assertTrue(String.valueOf(e.getMessage()).contains("docker login " + secure.host()));
      }
      try (RegistryClient client = new RegistryClient(trusting)) {
        push(client, image);
        client.resolve(image);
        assertArrayEquals(expected(1000, 50), read(client.openBlob(image, BLOB), 1000, 50));
        assertEquals(
            0, secure.accessLog("HTTP/1.1").stream().filter(l -> l.contains("PUT")).count());
        assertTrue(secure.accessLog("GET /v2/a/b/blobs/").getLast().contains("HTTP/2.0"));
      }
    }
  }

  @Test
  void behindNginxWithRedirectsThatExpire() throws Exception {
    Path own = Files.createDirectories(directory.resolve("nginx-front"));
    try (DockerRegistry registry = DockerRegistry.startWithLogin(own, "me", RealPeer.HASH);
        NginxFront nginx = NginxFront.start(own, registry.host())) {
      write(own, nginx.host(), "ca = \"" + directory.resolve("ca.crt") + "\"\n");
      ImageReference image = ImageReference.parse(nginx.host() + "/a/b:t");
      RegistryAccess access =
          known
              .access()
              .withHosts(ContainerdHosts.of(own + "/certs.d"))
              .withCredentials(RealPeer.LOGIN);
      try (RegistryClient client = new RegistryClient(access)) {
        push(client, image);
        BlobTail tail = client.openTail(image, BLOB.digest(), 1000);
        assertArrayEquals(expected(LAYER.length - 51, 51), read(tail, LAYER.length - 51, 51));
        BlobSource blob = tail.source();
        assertArrayEquals(expected(5, 50), read(blob, 5, 50));
        assertEquals(1, nginx.log(" 307 ").size(), "the signed URL is kept");

        nginx.signAnew("two");
        try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
          List<Future<byte[]>> reads = new ArrayList<>();
          for (int i = 0; i < 100; i++) {
            int offset = 20_000 * i;
            Callable<byte[]> read = () -> read(blob, offset, 1000);
            reads.add(threads.submit(read));
          }
          for (int i = 0; i < 100; i++) {
            assertArrayEquals(expected(20_000 * i, 1000), reads.get(i).get());
          }
        }
        assertEquals(2, nginx.log(" 307 ").size(), "a hundred readers, one new URL");
        assertTrue(nginx.log(nginx.storePort()).stream().allMatch(l -> l.contains("auth=- ")));
        assertTrue(nginx.log(" 206 ").getLast().endsWith("HTTP/2.0"));
      }
    }
  }

  @Test
  void asAPullThroughCacheThatKnowsNoRangesWhileItIsCold() throws IOException {
    Path own = Files.createDirectories(directory.resolve("upstream"));
    Path other = Files.createDirectories(directory.resolve("cache"));
    try (DockerRegistry upstream = DockerRegistry.start(own);
        DockerRegistry cache = DockerRegistry.startCache(other, upstream.host())) {
      ImageReference image = upstream.image("a/b:t");
      try (RegistryClient direct = new RegistryClient(known.access())) {
        push(direct, image);
      }
      write(
          own,
          upstream.host(),
          "[host.\"http://" + cache.host() + "\"]\ncapabilities = [\"pull\", \"resolve\"]\n");
      try (RegistryClient client =
          new RegistryClient(
              known.access().withHosts(ContainerdHosts.of(own.resolve("certs.d").toString())))) {
        client.resolve(image);
        BlobTail tail = client.openTail(image, BLOB.digest(), 1000);
        assertEquals(LAYER.length, tail.size());
        assertArrayEquals(expected(LAYER.length - 51, 51), read(tail, LAYER.length - 51, 51));
        assertArrayEquals(expected(7, 50), read(tail.source(), 7, 50));
      }
      assertTrue(cache.accessLog("GET /v2/a/b/manifests/t").size() >= 1);
      assertTrue(cache.accessLog("ns=").size() >= 1);
    }
  }

  @Test
  void behindAConnectionThatBreaksItGetsALargeBlobNevertheless() throws IOException {
    byte[] bytes = new byte[40 << 20];
    new Random(8).nextBytes(bytes);
    Descriptor blob = Descriptor.of("application/x", Digest.of(bytes), bytes.length);
    Path own = Files.createDirectories(directory.resolve("relayed"));
    // The first PUT breaks off in its midst, and the connection of a piece before it is sent.
    try (DockerRegistry real = DockerRegistry.start(own);
        BreakingRelay relay = new BreakingRelay(real.host(), "PUT ", "PATCH ");
        RegistryClient client = new RegistryClient(known.access())) {
      ImageReference image = ImageReference.parse(relay.host() + "/a/b:t");
      client.putBlob(image, blob, BlobContent.of(bytes));
      assertTrue(client.hasBlob(image, blob.digest()));
      assertEquals(3, real.accessLog("PATCH /v2/a/b/blobs/uploads/").size());
      assertEquals(0, relay.unbroken());
    }
  }

  private static void write(Path own, String registry, String toml) throws IOException {
    Path hosts =
        Files.createDirectories(own.resolve("certs.d").resolve(registry.replace(':', '_') + "_"));
    Files.writeString(hosts.resolve("hosts.toml"), toml);
  }

  private static void push(RegistryClient client, ImageReference image) throws IOException {
    byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
    Descriptor configBlob = Descriptor.of(MediaTypes.OCI_CONFIG, Digest.of(config), config.length);
    client.putBlob(image, configBlob, BlobContent.of(config));
    client.putBlob(image, BLOB, BlobContent.of(LAYER));
    String manifest =
        "{\"schemaVersion\":2,\"mediaType\":\"%s\",\"config\":%s,\"layers\":[%s]}"
            .formatted(MediaTypes.OCI_MANIFEST, configBlob.toJson(), BLOB.toJson());
    client.putManifest(
        image,
        ImageDocument.of(MediaTypes.OCI_MANIFEST, manifest.getBytes(StandardCharsets.UTF_8)));
  }

  private static byte[] read(BlobSource blob, long offset, int length) throws IOException {
    byte[] bytes = new byte[length];
    blob.readFully(offset, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private static byte[] expected(int offset, int length) {
    return Arrays.copyOfRange(LAYER, offset, offset + length);
  }
}
