package io.loadstar.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MalformedDocumentException;
import io.loadstar.oci.MediaTypes;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Fault;
import io.loadstar.registry.fake.Faults;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import mockwebserver3.MockResponse;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** How much is read of what a registry sends, and what it has to be. */
@ParameterizedClass
@EnumSource
final class LimitsTest {

  private final TestAccess known;
  private final FakeRegistry.Wire wire;
  private FakeRegistry registry;
  private RegistryClient client;

  LimitsTest(FakeRegistry.Wire wire) {
    this.wire = wire;
    this.known = new TestAccess(wire);
  }

  @BeforeEach
  void start() {
    registry = new FakeRegistry(wire);
    client = new RegistryClient(known.access());
  }

  @AfterEach
  void stop() {
    client.close();
    registry.close();
  }

  @Test
  void aManifestThatIsTooLongIsReadNoFurther() {
    for (boolean sized : new boolean[] {true, false}) {
      registry.next(endless(200, ImageSource.MAX_MANIFEST_BYTES, sized));
      RegistryException e =
          assertThrows(RegistryException.BadResponse.class, () -> client.resolve(registry.image()));
      assertTrue(String.valueOf(e.getMessage()).contains("more than 8388608 bytes"));
    }
  }

  @Test
  void aTokenThatIsTooLongIsReadNoFurther() {
    String realm = "Bearer realm=\"" + registry.url("/token") + "\",service=\"s\"";
    for (boolean sized : new boolean[] {true, false}) {
      registry.next(Faults.status(401, "WWW-Authenticate", realm), endless(200, 1 << 20, sized));
      try (RegistryClient login = new RegistryClient(known.access())) {
        assertThrows(RegistryException.BadResponse.class, () -> login.resolve(registry.image()));
      }
    }
  }

  @Test
  void anErrorThatIsTooLongIsStillAnError() {
    registry.next(endless(400, 64 << 10, true));
    RegistryException e =
        assertThrows(RegistryException.Refused.class, () -> client.resolve(registry.image()));
    assertTrue(String.valueOf(e.getMessage()).length() < 500);
  }

  @Test
  void aConfigIsOfTheSizeAndDigestThatItsManifestHas() throws IOException {
    byte[] config = "{}".getBytes(StandardCharsets.UTF_8);
    Descriptor good = registry.add(config);
    try (ImageSource source = client.source(registry.image())) {
      assertEquals(2, source.smallBlob(good).length);
      registry.next(Faults.wrongBytes());
      assertThrows(DigestMismatchException.class, () -> source.smallBlob(good));
      Descriptor large =
          Descriptor.of(MediaTypes.OCI_CONFIG, good.digest(), ImageSource.MAX_SMALL_BLOB_BYTES + 1);
      assertThrows(MalformedDocumentException.class, () -> source.smallBlob(large));
      assertEquals(2, registry.requests().size(), "too large a one isn't asked for");
    }
  }

  @Test
  void aManifestIsTheOneThatWasNamed() {
    ImageDocument other =
        ImageDocument.of(
            MediaTypes.OCI_MANIFEST,
            ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST + "\"}")
                .getBytes(StandardCharsets.UTF_8));
    Digest wanted = Digest.of("wanted".getBytes(StandardCharsets.UTF_8));
    registry.next((request, good) ->
        new MockResponse.Builder()
            .addHeader("Content-Type", MediaTypes.OCI_MANIFEST)
            .body(new Buffer().write(other.bytes()))
            .build());
    assertThrows(
        DigestMismatchException.class, () -> client.resolve(registry.image().withDigest(wanted)));
    registry.next((request, good) ->
        new MockResponse.Builder()
            .addHeader("Content-Type", MediaTypes.OCI_MANIFEST)
            .addHeader("Docker-Content-Digest", wanted)
            .body(new Buffer().write(other.bytes()))
            .build());
    assertThrows(DigestMismatchException.class, () -> client.resolve(registry.image()));
  }

  /** A body of more than {@code limit} bytes. */
  private static Fault endless(int code, int limit, boolean sized) {
    MockResponse answer =
        new MockResponse.Builder()
            .code(code)
            .addHeader("Content-Type", MediaTypes.OCI_MANIFEST)
            .body(new Buffer().write(new byte[limit + 1]))
            .build();
    return (request, good) -> sized ? answer : Faults.withoutLength().answer(request, answer);
  }
}
