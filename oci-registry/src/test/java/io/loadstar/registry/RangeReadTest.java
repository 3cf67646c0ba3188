package io.loadstar.registry;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.MediaTypes;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Faults;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import mockwebserver3.MockResponse;
import okhttp3.Headers;
import okio.Buffer;
import org.junit.jupiter.api.Test;

/** What ranges cost, and what is made of the answers. */
final class RangeReadTest extends RegistryReads {
  RangeReadTest(FakeRegistry.Wire wire) {
    super(wire);
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
  void aBodyWithoutLengthIsRead() throws IOException {
    registry.next(Faults.withoutLength(), Faults.withoutLength());
    assertArrayEquals(expected(10, 5000), read(10, 5000));
    assertArrayEquals(registry.bytes(), read(0, registry.bytes().length));
    assertEquals(2, registry.requests().size());
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

  private List<byte[]> readRanges(ByteRange... ranges) throws IOException {
    List<byte[]> parts = new ArrayList<>();
    client
        .openBlob(registry.image(), registry.blob())
        .readRanges(List.of(ranges), (range, in) -> parts.add(in.readAllBytes()));
    return parts;
  }
}
