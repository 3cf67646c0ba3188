package io.loadstar.registry;

import static io.loadstar.registry.FakeRegistry.status;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.oci.BlobContent;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import mockwebserver3.RecordedRequest;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What uploads do when the registry or the content fails. */
final class UploadTest {

  private FakeRegistry registry;
  private RegistryClient client;

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry();
    client = new RegistryClient(registry.access());
  }

  @AfterEach
  void stop() {
    client.close();
    registry.close();
  }

  @Test
  void anUploadIsOnePostAndOnePut() throws IOException {
    registry.next(session("/up?state=1"), status(201));
    client.putBlob(registry.image(), registry.blob, BlobContent.of(registry.bytes));
    assertEquals(
        List.of(
            "POST /v2/a/b/blobs/uploads/",
            "PUT /up?state=1&digest=sha256%3A" + registry.blob.digest().hex()),
        registry.lines());
    assertEquals(registry.bytes.length, registry.requests.getLast().getBodySize());
    assertEquals(registry.bytes.length, registry.traffic.bytesSent());
  }

  @Test
  void anUploadThatFailsForTheMomentStartsOverInANewSession() throws IOException {
    registry.next(session("/first"), status(503), status(404), session("/second"), status(201));
    client.putBlob(registry.image(), registry.blob, BlobContent.of(registry.bytes));
    assertEquals(List.of("POST", "PUT", "DELETE", "POST", "PUT"), methods());
    assertEquals(1, registry.pauses.size());
  }

  @Test
  void aBrokenUploadIsCancelledUntilTheRegistryKnowsOfNone() {
    registry.next(session("/up"), status(400));
    registry.next(status(400), status(202), status(404));
    assertThrows(
        RegistryException.Refused.class,
        () -> client.putBlob(registry.image(), registry.blob, BlobContent.of(registry.bytes)));
    assertEquals(List.of("POST", "PUT", "DELETE", "DELETE", "DELETE"), methods());
    assertEquals(List.of(Duration.ofMillis(50), Duration.ofMillis(100)), registry.pauses);

    FakeRegistry.Fault busy = status(400);
    registry.next(session("/up"), busy, busy, busy, busy, busy, busy);
    assertThrows(
        RegistryException.Refused.class,
        () -> client.putBlob(registry.image(), registry.blob, BlobContent.of(registry.bytes)));
    assertEquals(5 + 2 + 5, registry.requests.size());
  }

  @Test
  void aMountThatIsDeclinedCostsOneCancellation() throws IOException {
    registry.next(session("/up"), status(204));
    assertEquals(
        false, client.mountBlob(registry.image(), registry.blob.digest(), registry.image()));
    assertEquals(List.of("POST", "DELETE"), methods());
  }

  private static FakeRegistry.Fault session(String location) {
    return status(202, "Location", location);
  }

  private List<String> methods() {
    return registry.requests.stream().map(RecordedRequest::getMethod).map(String::valueOf).toList();
  }
}
