package io.loadstar.registry;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MalformedReferenceException;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.Referrer;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.AfterParameterizedClassInvocation;
import org.junit.jupiter.params.BeforeParameterizedClassInvocation;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** Against real registries, over HTTP/1.1 and HTTP/2. */
@ParameterizedClass
@EnumSource
final class RegistryClientTest {

  private static final byte[] LAYER = new byte[3 << 20];

  static {
    new Random(7).nextBytes(LAYER);
  }

  private static final Descriptor BLOB =
      Descriptor.of(MediaTypes.OCI_LAYER_GZIP, Digest.of(LAYER), LAYER.length);

  private static RealPeer.@Nullable Running registry;

  private final CountedTraffic traffic = new CountedTraffic();
  private final RealPeer peer;
  private RegistryClient client;

  RegistryClientTest(RealPeer peer) {
    this.peer = peer;
  }

  @BeforeParameterizedClassInvocation
  static void startRegistry(RealPeer peer, @TempDir Path directory) throws Exception {
    registry = peer.start(directory);
  }

  @AfterParameterizedClassInvocation
  static void stopRegistry() {
    if (registry != null) {
      registry.close();
    }
  }

  @BeforeEach
  void start() {
    client = new RegistryClient(peer.access(traffic));
  }

  @AfterEach
  void stop() {
    client.close();
  }

  @Test
  void whatWasPushedIsPulledAndReadByRanges() throws IOException {
    ImageReference image = image("push/pull:v1");
    ImageDocument manifest = push(image);
    assertEquals(manifest.digest(), client.resolve(image).digest());
    assertEquals(
        MediaTypes.OCI_MANIFEST, client.resolve(image.withDigest(manifest.digest())).mediaType());

    long before = traffic.requests();
    BlobSource blob = client.openBlob(image, BLOB);
    ByteBuffer part = ByteBuffer.allocate(1000);
    blob.readFully(1_000_000, part);
    assertArrayEquals(Arrays.copyOfRange(LAYER, 1_000_000, 1_001_000), part.array());
    assertEquals(before + peer.hops(), traffic.requests());
    blob.readRanges(
        List.of(new ByteRange(0, LAYER.length)),
        (range, in) -> assertArrayEquals(LAYER, in.readAllBytes()));
    assertEquals(before + peer.hops() + 1, traffic.requests());
  }

  @Test
  void theTailOfABlobOfUnknownSizeCostsOneRequest() throws IOException {
    ImageReference image = image("tail:v1");
    push(image);
    long before = traffic.requests();
    BlobTail tail = client.openTail(image, BLOB.digest(), 4096);
    assertEquals(LAYER.length, tail.size());
    assertEquals(before + peer.hops(), traffic.requests());
    ByteBuffer end = ByteBuffer.allocate(51);
    tail.readFully(LAYER.length - 51, end);
    assertArrayEquals(Arrays.copyOfRange(LAYER, LAYER.length - 51, LAYER.length), end.array());
    assertEquals(before + peer.hops(), traffic.requests());
  }

  @Test
  void missingThingsAreNotFound() {
    ImageReference image = image("missing:v1");
    RegistryException e =
        assertThrows(RegistryException.NotFound.class, () -> client.resolve(image));
    assertEquals(404, e.status());
    assertEquals(
        "image " + image + " doesn't exist in the registry – check its name", e.getMessage());
    Digest nowhere = Digest.of("nowhere".getBytes(UTF_8));
    assertThrows(RegistryException.NotFound.class, () -> client.openTail(image, nowhere, 10));
  }

  @Test
  void aBlobIsThereOnceItIsPut() throws IOException {
    ImageReference image = image("put:v1");
    assertFalse(client.hasBlob(image, BLOB.digest()));
    client.putBlob(image, BLOB, BlobContent.of(LAYER));
    assertTrue(client.hasBlob(image, BLOB.digest()));
  }

  @Test
  void wrongBytesAreNotPut() throws IOException {
    ImageReference image = image("wrong:v1");
    byte[] wrong = LAYER.clone();
    wrong[5] ^= 1;
    assertThrows(
        DigestMismatchException.class, () -> client.putBlob(image, BLOB, BlobContent.of(wrong)));
    IOException own = new IOException("the source fails");
    IOException thrown =
        assertThrows(
            IOException.class,
            () ->
                client.putBlob(
                    image,
                    BLOB,
                    out -> {
                      out.write(LAYER, 0, 100_000);
                      throw own;
                    }));
    assertEquals(own, thrown);
    assertFalse(client.hasBlob(image, BLOB.digest()));
  }

  @Test
  void anEmptyBlobIsPutAndRead() throws IOException {
    ImageReference image = image("empty:v1");
    Descriptor empty = Descriptor.of("application/x", Digest.of(new byte[0]), 0);
    client.putBlob(image, empty, BlobContent.of(new byte[0]));
    client.openBlob(image, empty).check();
    assertEquals(0, client.openTail(image, empty.digest(), 10).size());
  }

  @Test
  void aBlobIsMountedFromAnotherRepositoryWithoutMovingBytes() throws IOException {
    ImageReference from = image("from:v1");
    ImageReference to = image("to:v1");
    client.putBlob(from, BLOB, BlobContent.of(LAYER));
    long sent = traffic.bytesSent();
    try (ImageDestination destination = client.destination(to);
        ImageSource source = client.source(from)) {
      assertTrue(destination.takeBlob(BLOB, source));
    }
    assertTrue(client.hasBlob(to, BLOB.digest()));
    assertEquals(sent, traffic.bytesSent());
    Digest missing = Digest.of("nowhere".getBytes(UTF_8));
    assertFalse(client.mountBlob(to, missing, from));
  }

  @Test
  void aDestinationIsNotNamedByDigest() {
    ImageReference pinned = image("x:v1").withDigest(BLOB.digest());
    assertThrows(MalformedReferenceException.class, () -> client.destination(pinned));
  }

  @Test
  void whatSpeaksOfAnImageIsFoundByIt() throws IOException {
    ImageReference image = image("signed:v1");
    ImageDocument subject = push(image);
    byte[] config = "{}".getBytes(UTF_8);
    Descriptor empty =
        Descriptor.of("application/vnd.oci.empty.v1+json", Digest.of(config), config.length);
    client.putBlob(image, empty, BlobContent.of(config));
    ImageDocument signature =
        ImageDocument.of(
            MediaTypes.OCI_MANIFEST,
            """
            {"schemaVersion":2,"mediaType":"%s","artifactType":"application/x-signature",
             "config":%s,"layers":[],"subject":%s}
            """
                .formatted(MediaTypes.OCI_MANIFEST, empty.toJson(), subject.descriptor().toJson())
                .getBytes(UTF_8));
    assertEquals(List.of(), client.referrers(image, subject.digest()));
    client.putUnnamed(image, signature);
    assertEquals(
        List.of(new Referrer("application/x-signature", signature.digest().toString())),
        client.referrers(image, subject.digest()));
  }

  private static ImageReference image(String repositoryAndTag) {
    return Objects.requireNonNull(registry).image(repositoryAndTag);
  }

  private ImageDocument push(ImageReference image) throws IOException {
    byte[] config = "{}".getBytes(UTF_8);
    Descriptor configBlob = Descriptor.of(MediaTypes.OCI_CONFIG, Digest.of(config), config.length);
    ImageDocument document =
        ImageDocument.of(
            MediaTypes.OCI_MANIFEST,
            JsonDocument.write(
                JsonDocument.parse(
                    """
                    {"schemaVersion":2,"mediaType":"%s","config":%s,"layers":[%s]}
                    """
                        .formatted(MediaTypes.OCI_MANIFEST, configBlob.toJson(), BLOB.toJson())
                        .getBytes(UTF_8),
                    "manifest")));
    Manifest.parse(document);
    client.putBlob(image, configBlob, BlobContent.of(config));
    client.putBlob(image, BLOB, BlobContent.of(LAYER));
    client.putManifest(image, document);
    return document;
  }
}
