package io.loadstar.registry;

import static io.loadstar.registry.fake.Faults.redirect;
import static io.loadstar.registry.fake.Faults.status;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.credentials.Credentials;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.MediaTypes;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Fault;
import io.loadstar.registry.fake.Faults;
import io.loadstar.registry.fake.SignedStore;
import io.loadstar.registry.hosts.ConfiguredHost;
import io.loadstar.registry.hosts.RegistryHosts;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import mockwebserver3.MockResponse;
import mockwebserver3.SocketEffect;
import okhttp3.Headers;
import okio.Buffer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
final class RangeReadTest {

  private final FakeRegistry.Wire wire;
  private final TestAccess known;
  private FakeRegistry registry;
  private RegistryClient client;

  RangeReadTest(FakeRegistry.Wire wire) {
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
  void oneRangeCostsExactlyOneRequestForThoseBytes() throws IOException {
    assertArrayEquals(expected(1000, 500), read(1000, 500));
    assertEquals(
        List.of("GET /v2/a/b/blobs/" + registry.blob().digest() + " bytes=1000-1499"),
        registry.lines());
    Headers headers = registry.requests().getFirst().getHeaders();
    assertEquals("identity", headers.get("Accept-Encoding"));
    assertEquals(1, known.traffic.requests());
    assertEquals(500, known.traffic.bytesReceived());
  }

  @Test
  void theWholeBlobIsAskedForWithoutARange() throws IOException {
    assertArrayEquals(registry.bytes(), read(0, registry.bytes().length));
    assertNull(registry.requests().getFirst().getHeaders().get("Range"));
    assertEquals(1, registry.requests().size());
  }

  @Test
  void anEmptyRangeCostsNoRequest() throws IOException {
    assertEquals(0, read(5, 0).length);
    assertEquals(List.of(), registry.lines());
  }

  @Test
  void eachOfSeveralRangesIsItsOwnRequest() throws IOException {
    List<byte[]> parts = readRanges(new ByteRange(10, 5), new ByteRange(99_990, 10));
    assertArrayEquals(expected(10, 5), parts.get(0));
    assertArrayEquals(expected(99_990, 10), parts.get(1));
    assertEquals(2, registry.requests().size());
  }

  @Test
  void bytesBehindTheEndAreNotAskedFor() {
    assertThrows(EOFException.class, () -> read(99_999, 2));
    assertEquals(List.of(), registry.lines());
  }

  @Test
  void aServerWithoutRangesServesAllOfThemFromOneAnswer() throws IOException {
    registry.next((request, good) -> registry.whole());
    List<byte[]> parts = readRanges(new ByteRange(10, 5), new ByteRange(70_000, 10));
    assertArrayEquals(expected(10, 5), parts.get(0));
    assertArrayEquals(expected(70_000, 10), parts.get(1));
    assertEquals(1, registry.requests().size());
  }

  @Test
  void aWholeOfTheWrongSizeIsRefused() {
    registry.next((request, good) ->
        new MockResponse.Builder().code(200).body(new Buffer().writeUtf8("x")).build());
    assertThrows(RegistryException.BadResponse.class, () -> read(10, 5));
  }

  @Test
  void aContentRangeThatWasNotAskedForIsRefused() {
    for (String wrong :
        List.of(
            "bytes 11-15/100000",
            "bytes 10-13/100000",
            "bytes 10-14/99999",
            "bytes 14-10/100000",
            "bytes 10-14/99999999999999999999",
            "items 10-14/100000",
            "")) {
      registry.next((request, good) -> registry.part(10, 14, wrong));
      assertThrows(RegistryException.BadResponse.class, () -> read(10, 5), wrong);
    }
    assertEquals(7, registry.requests().size(), "none of them is tried again");
  }

  @Test
  void aTotalThatIsNotSaidIsAccepted() throws IOException {
    registry.next((request, good) -> registry.part(10, 14, "bytes 10-14/*"));
    assertArrayEquals(expected(10, 5), read(10, 5));
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
  void aRedirectIsFollowedWithoutTheAuthorization() throws IOException {
    try (FakeRegistry store = new FakeRegistry(wire);
        RegistryClient loggedIn =
            new RegistryClient(
                known
                    .access()
                    .withCredentials(host -> new Credentials.UsernamePassword("u", "p")))) {
      registry.next(
          status(401, "WWW-Authenticate", "Basic realm=\"r\""),
          redirect(store.url("/bucket?signature=secret")));
      BlobSource blob = loggedIn.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      assertEquals("Basic dTpw", registry.requests().get(1).getHeaders().get("Authorization"));
      assertEquals(List.of("GET /bucket?signature=secret bytes=10-14"), store.lines());
      assertNull(store.requests().getFirst().getHeaders().get("Authorization"));
    }
  }

  @Test
  void aSignedUrlIsUsedUntilItIsRefusedAndThenGotAnew() throws IOException {
    try (FakeRegistry store = new FakeRegistry(wire)) {
      registry.next(redirect(store.url("/first?sig=1")), redirect(store.url("/second?sig=2")));
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      assertArrayEquals(expected(20, 5), bytes(blob, 20, 5));
      assertEquals(1, registry.requests().size(), "the second read goes straight to the store");
      store.next(status(403));
      assertArrayEquals(expected(30, 5), bytes(blob, 30, 5));
      assertEquals(
          List.of(
              "GET /first?sig=1 bytes=10-14",
              "GET /first?sig=1 bytes=20-24",
              "GET /first?sig=1 bytes=30-34",
              "GET /second?sig=2 bytes=30-34"),
          store.lines());
      assertEquals(2, registry.requests().size());
      assertEquals(List.of(), known.pauses);
    }
  }

  @Test
  void aRefusedFreshUrlIsAnErrorWithoutItsSecret() throws IOException {
    try (FakeRegistry store = new FakeRegistry(wire)) {
      registry.next(redirect(store.url("/x?sig=secret")));
      store.next(status(403));
      RegistryException e = assertThrows(RegistryException.Unauthorized.class, () -> read(10, 5));
      assertEquals(403, e.status());
      assertEquals(store.url("/x"), e.url());
      assertEquals(-1, e.toString().indexOf("secret"));
    }
  }

  @Test
  void redirectsInACircleEnd() {
    Fault again = redirect(registry.url("/again"));
    registry.next(again, again, again, again, again, again, again);
    assertThrows(RegistryException.BadResponse.class, () -> read(10, 5));
    assertEquals(6, registry.requests().size());
  }

  @Test
  void aRedirectToAnotherMachineInTheClearIsNotFollowed() {
    registry.next(redirect("http://store.example/x"));
    assertThrows(RegistryException.BadResponse.class, () -> read(10, 5));
    assertEquals(1, registry.requests().size());
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
  void theTailAndTheSizeCostOneRequest() throws IOException {
    BlobTail tail = client.openTail(registry.image(), registry.blob().digest(), 1000);
    assertEquals(100_000, tail.size());
    assertEquals(99_000, tail.start());
    assertArrayEquals(expected(99_949, 51), bytes(tail, 99_949, 51));
    assertEquals(1, registry.requests().size());
    assertTrue(registry.lines().getFirst().endsWith("bytes=-1000"));
    assertArrayEquals(expected(98_999, 51), bytes(tail, 98_999, 51));
    assertEquals(2, registry.requests().size());
  }

  @Test
  void aTailIsHadFromServersThatKnowNoSuffixRanges() throws IOException {
    registry.next(
        (request, good) -> registry.whole(),
        (request, good) ->
            new MockResponse.Builder().code(200).addHeader("Content-Length", 100_000).build());
    BlobTail tail = client.openTail(registry.image(), registry.blob().digest(), 1000);
    assertEquals(100_000, tail.size());
    assertArrayEquals(expected(99_000, 1000), bytes(tail, 99_000, 1000));
    assertEquals(3, registry.requests().size());
  }

  @Test
  void aBlobShorterThanTheTailIsAllInIt() throws IOException {
    BlobTail tail = client.openTail(registry.image(), registry.blob().digest(), 200_000);
    assertEquals(0, tail.start());
    assertArrayEquals(registry.bytes(), bytes(tail, 0, 100_000));
    assertEquals(1, registry.requests().size());
  }

  @Test
  void aCheckCostsOneByte() throws IOException {
    client.openBlob(registry.image(), registry.blob()).check();
    assertEquals(1, known.traffic.requests());
    assertEquals(1, known.traffic.bytesReceived());
  }

  @Test
  void anUnreadRestIsDropped() throws IOException {
    BlobSource blob = client.openBlob(registry.image(), registry.blob());
    blob.readRanges(
        List.of(new ByteRange(0, 50), new ByteRange(100, 50)),
        (range, in) -> assertEquals(registry.bytes()[(int) range.offset()] & 0xff, in.read()));
    assertEquals(2, registry.requests().size());
  }

  @Test
  void moreThanWasAskedForIsOfUse() throws IOException {
    registry.next((request, good) -> registry.part(5, 5000, "bytes 5-5000/100000"));
    assertArrayEquals(expected(10, 5), read(10, 5));
    assertEquals(1, registry.requests().size());
  }

  @Test
  void aGoodPartOfWhatWasAskedForIsTakenAndTheRestAskedFor() throws IOException {
    registry.next((request, good) -> registry.part(10, 70_000, "bytes 10-70000/100000"));
    assertArrayEquals(expected(10, 80_000), read(10, 80_000));
    assertEquals(2, registry.requests().size());
    assertTrue(registry.lines().getLast().endsWith("bytes=70001-80009"));
  }

  @Test
  void aLengthThatBeliesTheRangeIsRefused() {
    registry.next((request, good) -> registry.part(10, 13, "bytes 10-14/100000"));
    assertThrows(RegistryException.BadResponse.class, () -> read(10, 5));
  }

  @Test
  void aRangeThatTheServerDoesNotHaveIsAnError() {
    registry.next(status(416));
    RegistryException e = assertThrows(RegistryException.Refused.class, () -> read(10, 5));
    assertEquals(416, e.status());
    assertEquals(1, registry.requests().size());
  }

  @Test
  void aBodyWithoutLengthIsRead() throws IOException {
    registry.next(Faults.withoutLength(), Faults.withoutLength());
    assertArrayEquals(expected(10, 5000), read(10, 5000));
    assertArrayEquals(registry.bytes(), read(0, registry.bytes().length));
    assertEquals(2, registry.requests().size());
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
  void aHundredReadersAfterAnExpiredUrlCostOneNewResolve() throws Exception {
    try (SignedStore store = new SignedStore(wire)) {
      registry.always(FakeRegistry::isBlobRead, store.redirects());
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      store.expireAll();
      readSideBySide(blob, 100);
      assertEquals(2, registry.requests().size(), "one at first, one for all hundred");
      assertEquals(2, store.signed());
      assertEquals(List.of(), known.pauses);
    }
  }

  @Test
  void aUrlThatSaysItIsOverIsNotEvenTried() throws Exception {
    try (SignedStore store = new SignedStore(wire)) {
      registry.always(FakeRegistry::isBlobRead, store.redirects());
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      // Good for 2 s after the margin, as it says; it is seen to be over without a request.
      long end = Instant.now().getEpochSecond() + 12;
      store.signWith("&Expires=" + end);
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      store.signWith("");
      while (Instant.now().getEpochSecond() < end - 9) {
        Thread.onSpinWait();
      }
      readSideBySide(blob, 20);
      assertEquals(2, registry.requests().size());
      assertTrue(store.lines().stream().skip(1).noneMatch(line -> line.contains("Expires")));
    }
  }

  @Test
  void severalHopsAreFollowed() throws IOException {
    try (FakeRegistry first = new FakeRegistry(wire);
        FakeRegistry second = new FakeRegistry(wire)) {
      registry.next(redirect(first.url("/a")));
      first.next(redirect(second.url("/b?sig=1")));
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      assertArrayEquals(expected(20, 5), bytes(blob, 20, 5));
      assertEquals(1, registry.requests().size());
      assertEquals(1, first.requests().size());
      assertEquals(2, second.requests().size());
    }
  }

  @Test
  void aRegistryMayNotSendUsWhereTheRuleForbids() throws IOException {
    RedirectRule rule =
        (from, to) -> !to.getHostAddress().equals(from.getHostAddress().replace("0.0.1", "0.0.2"));
    try (FakeRegistry store = new FakeRegistry(wire, InetAddress.ofLiteral("127.0.0.2"));
        RegistryClient guarded =
            new RegistryClient(
                known.access().withNetwork(known.access().network().withRedirects(rule)))) {
      registry.next(redirect(store.url("/inside")));
      BlobSource blob = guarded.openBlob(registry.image(), registry.blob());
      RegistryException e =
          assertThrows(RegistryException.BadResponse.class, () -> bytes(blob, 10, 5));
      assertTrue(String.valueOf(e.getMessage()).contains("private address 127.0.0.2"));
      assertEquals(0, store.requests().size());
    }
  }

  @Test
  void theFirstLazyMountOfALayerCostsOneManifestAndOneTail() throws IOException {
    registry.add(
        "t",
        ImageDocument.of(
            MediaTypes.OCI_MANIFEST,
            ("{\"schemaVersion\":2,\"mediaType\":\"" + MediaTypes.OCI_MANIFEST + "\"}")
                .getBytes(StandardCharsets.UTF_8)));
    client.resolve(registry.image());
    BlobTail tail = client.openTail(registry.image(), registry.blob().digest(), 51);
    assertEquals(registry.bytes().length, tail.size());
    assertEquals(
        List.of(
            "GET /v2/a/b/manifests/t",
            "GET /v2/a/b/blobs/" + registry.blob().digest() + " bytes=-51"),
        registry.lines());
  }

  @Test
  void aLargeBlobOfAServerWithoutRangesIsNotOpenedLazily() throws IOException {
    byte[] large = new byte[10 << 20];
    Descriptor blob = registry.add(large);
    registry.always(
        request -> "GET".equals(request.getMethod()),
        (request, good) ->
            new MockResponse.Builder().code(200).body(new Buffer().write(large)).build());
    RegistryException e =
        assertThrows(
            RegistryException.NotServed.class,
            () -> client.openTail(registry.image(), blob.digest(), 1000));
    assertTrue(String.valueOf(e.getMessage()).contains("only whole blobs"));
    assertEquals(3, registry.requests().size());
    assertThrows(
        RegistryException.NotServed.class,
        () -> client.openTail(registry.image(), blob.digest(), 1000));
    assertEquals(4, registry.requests().size(), "it is remembered: the size is asked for only");
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

  private void readSideBySide(BlobSource blob, int readers) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < readers; i++) {
        int offset = 100 * i;
        Callable<byte[]> read = () -> bytes(blob, offset, 50);
        all.add(threads.submit(read));
      }
      for (int i = 0; i < readers; i++) {
        assertArrayEquals(expected(100 * i, 50), (byte[]) all.get(i).get());
      }
    }
  }

  private byte[] read(long offset, int length) throws IOException {
    return bytes(client.openBlob(registry.image(), registry.blob()), offset, length);
  }

  private static byte[] bytes(BlobSource blob, long offset, int length) throws IOException {
    byte[] bytes = new byte[length];
    blob.readFully(offset, ByteBuffer.wrap(bytes));
    return bytes;
  }

  private List<byte[]> readRanges(ByteRange... ranges) throws IOException {
    List<byte[]> parts = new ArrayList<>();
    client
        .openBlob(registry.image(), registry.blob())
        .readRanges(List.of(ranges), (range, in) -> parts.add(in.readAllBytes()));
    return parts;
  }

  private byte[] expected(int offset, int length) {
    return Arrays.copyOfRange(registry.bytes(), offset, offset + length);
  }
}
