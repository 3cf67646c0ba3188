package io.loadstar.registry;

import static io.loadstar.registry.fake.Faults.status;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Fault;
import io.loadstar.registry.fake.Faults;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import mockwebserver3.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

/** What uploads do when the registry or the content fails. */
@ParameterizedClass
@EnumSource
final class UploadTest {

  private final FakeRegistry.Wire wire;
  private final TestAccess known;
  private FakeRegistry registry;
  private RegistryClient client;

  UploadTest(FakeRegistry.Wire wire) {
    this.wire = wire;
    this.known = new TestAccess(wire);
  }

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry(wire);
    client = new RegistryClient(known.access());
  }

  @AfterEach
  void stop() {
    client.close();
    registry.close();
  }

  @Test
  void anUploadIsOnePostAndOnePut() throws IOException {
    registry.next(session("/up?state=1"), status(201));
    client.putBlob(registry.image(), registry.blob(), BlobContent.of(registry.bytes()));
    assertEquals(
        List.of(
            "POST /v2/a/b/blobs/uploads/",
            "PUT /up?state=1&digest=sha256%3A" + registry.blob().digest().hex()),
        registry.lines());
    assertEquals(registry.bytes().length, registry.requests().getLast().getBodySize());
    assertEquals(registry.bytes().length, known.traffic.bytesSent());
  }

  @Test
  void anUploadThatFailsForTheMomentStartsOverInANewSession() throws IOException {
    registry.next(session("/first"), status(503), status(404), session("/second"), status(201));
    client.putBlob(registry.image(), registry.blob(), BlobContent.of(registry.bytes()));
    assertEquals(List.of("POST", "PUT", "DELETE", "POST", "PUT"), methods());
    assertEquals(1, known.pauses.size());
  }

  @Test
  void aBrokenUploadIsCancelledUntilTheRegistryKnowsOfNone() {
    registry.next(session("/up"), status(400));
    registry.next(status(400), status(202), status(404));
    assertThrows(
        RegistryException.Refused.class,
        () -> client.putBlob(registry.image(), registry.blob(), BlobContent.of(registry.bytes())));
    assertEquals(List.of("POST", "PUT", "DELETE", "DELETE", "DELETE"), methods());
    assertEquals(List.of(Duration.ofMillis(50), Duration.ofMillis(100)), known.pauses);

    Fault busy = status(400);
    registry.next(session("/up"), busy, busy, busy, busy, busy, busy);
    assertThrows(
        RegistryException.Refused.class,
        () -> client.putBlob(registry.image(), registry.blob(), BlobContent.of(registry.bytes())));
    assertEquals(5 + 2 + 5, registry.requests().size());
  }

  @Test
  void aMountThatIsDeclinedCostsOneCancellation() throws IOException {
    registry.next(session("/up"), status(204));
    assertEquals(
        false, client.mountBlob(registry.image(), registry.blob().digest(), registry.image()));
    assertEquals(List.of("POST", "DELETE"), methods());
  }

  @Test
  void aLargeUploadThatBreaksOffGoesOnFromWhereTheRegistryIs() throws IOException {
    byte[] bytes = new byte[40 << 20];
    new java.util.Random(7).nextBytes(bytes);
    Descriptor blob = Descriptor.of("application/x", Digest.of(bytes), bytes.length);
    Fault broken = Faults.disconnect();
    registry.next(
        session("/first"),
        broken,
        status(204, "Location", "/second", "Range", "0-9999999"),
        status(202, "Location", "/third"),
        broken,
        status(204, "Location", "/fourth", "Range", "0-19999999"),
        status(202, "Location", "/fifth"),
        status(202, "Location", "/sixth"),
        status(201));
    client.putBlob(registry.image(), blob, BlobContent.of(bytes));
    assertEquals(
        List.of("POST", "PUT", "GET", "PATCH", "PATCH", "GET", "PATCH", "PATCH", "PUT"), methods());
    assertEquals(
        List.of("10000000-16777215", "16777216-33554431", "20000000-33554431", "33554432-41943039"),
        registry.requests().stream()
            .map(request -> request.getHeaders().get("Content-Range"))
            .filter(java.util.Objects::nonNull)
            .toList());
    assertTrue(registry.lines().getLast().startsWith("PUT /sixth?digest="));
  }

  @Test
  void aRegistryThatTakesNoPiecesGetsTheWholeAgain() throws IOException {
    byte[] bytes = new byte[20 << 20];
    Descriptor blob = Descriptor.of("application/x", Digest.of(bytes), bytes.length);
    Fault broken = Faults.disconnect();
    registry.next(session("/first"), broken, status(404), status(404));
    registry.next(session("/second"), status(405), status(404), session("/third"), status(201));
    client.putBlob(registry.image(), blob, BlobContent.of(bytes));
    assertEquals(
        List.of("POST", "PUT", "GET", "DELETE", "POST", "PATCH", "DELETE", "POST", "PUT"),
        methods());
  }

  private static Fault session(String location) {
    return status(202, "Location", location);
  }

  private List<String> methods() {
    return registry.requests().stream()
        .map(RecordedRequest::getMethod)
        .map(String::valueOf)
        .toList();
  }
}
