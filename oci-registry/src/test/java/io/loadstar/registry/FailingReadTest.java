package io.loadstar.registry;

import static io.loadstar.registry.fake.Faults.status;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.BlobSource;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Fault;
import io.loadstar.registry.fake.Faults;
import io.loadstar.registry.hosts.ConfiguredHost;
import io.loadstar.registry.hosts.RegistryHosts;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okio.Buffer;
import org.junit.jupiter.api.Test;

/** Reads that fail, stall or break off, and hosts that are asked instead. */
final class FailingReadTest extends RegistryReads {
  FailingReadTest(FakeRegistry.Wire wire) {
    super(wire);
  }

  @Test
  void aTransferThatBreaksOffIsTakenUpWhereItEnded() throws IOException {
    registry.next((request, good) -> {
      MockResponse cut = registry.part(1000, 1199, "bytes 1000-1999/100000");
      return cut.newBuilder()
          .setHeader("Content-Length", 1000)
          .onResponseEnd(SocketEffect.ShutdownConnection.INSTANCE)
          .build();
    });
    assertArrayEquals(expected(1000, 1000), read(1000, 1000));
    assertTrue(registry.lines().get(0).endsWith("bytes=1000-1999"));
    assertTrue(registry.lines().get(1).endsWith("bytes=1200-1999"), registry.lines().toString());
    assertEquals(2, registry.requests().size());
  }

  @Test
  void aBodyThatIsAlwaysShortIsAnError() {
    Fault cut =
        (request, good) ->
            new MockResponse.Builder()
                .code(206)
                .addHeader("Content-Range", "bytes 1000-1999/100000")
                .addHeader("Transfer-Encoding", "identity")
                .body(new Buffer())
                .removeHeader("Content-Length")
                .onResponseEnd(SocketEffect.ShutdownConnection.INSTANCE)
                .build();
    registry.next(cut, cut, cut);
    assertThrows(RegistryException.Unreachable.class, () -> read(1000, 1000));
    assertEquals(3, registry.requests().size());
  }

  @Test
  void whatFailsForTheMomentIsTriedAgain() throws IOException {
    registry.next(status(503), status(429, "Retry-After", "7"));
    assertArrayEquals(expected(10, 5), read(10, 5));
    assertEquals(3, registry.requests().size());
    assertEquals(2, known.pauses.size());
    assertTrue(known.pauses.getFirst().compareTo(Duration.ofMillis(2)) <= 0);
    assertEquals(Duration.ofSeconds(7), known.pauses.getLast());
  }

  @Test
  void triesAreBounded() {
    registry.next(status(500), status(502), status(503), status(504));
    RegistryException e = assertThrows(RegistryException.Refused.class, () -> read(10, 5));
    assertEquals(503, e.status());
    assertEquals(3, registry.requests().size());
  }

  @Test
  void aServerThatWantsALongRestIsNotTriedAgain() {
    registry.next(status(429, "Retry-After", "3600"));
    assertThrows(RegistryException.Refused.class, () -> read(10, 5));
    assertEquals(1, registry.requests().size());
    assertEquals(List.of(), known.pauses);
  }

  @Test
  void aMissingBlobIsNotTriedAgain() {
    registry.next(status(404));
    RegistryException e = assertThrows(RegistryException.NotFound.class, () -> read(10, 5));
    assertEquals("GET", e.method());
    assertEquals(1, registry.requests().size());
  }

  @Test
  void aServerThatIsNotThereIsUnreachable() {
    String host = registry.host();
    registry.close();
    RegistryException e = assertThrows(RegistryException.Unreachable.class, () -> read(10, 5));
    assertEquals(
        "registry " + host + " can't be reached: connection refused – is it running?",
        e.getMessage());
    assertEquals(0, e.status());
  }

  @Test
  void aMirrorIsAskedFirstAndTheRegistryAfterIt() throws IOException {
    try (FakeRegistry mirror = new FakeRegistry(wire);
        RegistryClient mirrored =
            new RegistryClient(
                known
                    .access()
                    .withHosts(
                        new NamedMirrors(
                            java.util.Map.of(
                                registry.host(),
                                List.of(new Mirror(mirror.host(), Mirror.Protection.TLS))),
                            RegistryHosts.themselves(),
                            known.access().plainHttp())))) {
      BlobSource blob = mirrored.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      assertEquals(List.of(), registry.lines());
      assertTrue(mirror.lines().getFirst().contains("?ns=127.0.0.1"), mirror.lines().toString());
      mirror.next(status(404));
      assertArrayEquals(expected(20, 5), bytes(blob, 20, 5));
      assertEquals(1, registry.requests().size());
    }
  }

  @Test
  void aRangeThatTheServerDoesNotHaveIsAnError() {
    registry.next(status(416));
    RegistryException e = assertThrows(RegistryException.Refused.class, () -> read(10, 5));
    assertEquals(416, e.status());
    assertEquals(1, registry.requests().size());
  }

  @Test
  void aTransferThatStallsIsTakenUpWhereItEnded() throws IOException {
    Network quick =
        known
            .access()
            .network()
            .withTimeouts(
                new Timeouts(
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(60)));
    registry.next(Faults.stall(20_000));
    try (RegistryClient impatient = new RegistryClient(known.access().withNetwork(quick))) {
      BlobSource blob = impatient.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 60_000), bytes(blob, 10, 60_000));
    }
    // On a busy machine a good answer may stall, too.
    assertTrue(registry.requests().size() >= 2);
    long resumed = Long.parseLong(registry.lines().get(1).replaceAll(".*bytes=(\\d+)-60009", "$1"));
    assertTrue(resumed > 10 && resumed <= 20_010, registry.lines().toString());
  }

  @Test
  void aServerThatDoesNotAnswerIsTriedAgain() throws IOException {
    Network quick =
        known
            .access()
            .network()
            .withTimeouts(
                new Timeouts(
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(1),
                    Duration.ofSeconds(60),
                    Duration.ofSeconds(60)));
    registry.next(Faults.silence());
    try (RegistryClient impatient = new RegistryClient(known.access().withNetwork(quick))) {
      BlobSource blob = impatient.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
    }
    assertTrue(registry.requests().size() >= 2);
  }

  @Test
  void aHostWithoutRangesIsAskedAfterOneThatHasThem() throws IOException {
    try (FakeRegistry mirror = new FakeRegistry(wire);
        RegistryClient mirrored =
            new RegistryClient(
                known
                    .access()
                    .withHosts((name, usual) ->
                        List.of(
                            ConfiguredHost.usual(URI.create(mirror.origin() + "/v2")), usual)))) {
      mirror.always(request -> true, (request, good) -> mirror.whole());
      BlobSource blob = mirrored.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      assertArrayEquals(expected(20, 5), bytes(blob, 20, 5));
      assertEquals(1, mirror.requests().size());
      assertEquals(1, registry.requests().size());
    }
  }
}
