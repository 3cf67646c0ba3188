package io.loadstar.blob;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class DigestTest {

  /** Of nothing: FIPS 180-4's own example. */
  private static final String EMPTY =
      "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";

  @Test
  void aDigestIsWrittenAsItIsRead() {
    assertEquals(EMPTY, Digest.of(new byte[0]).hex());
    assertEquals("sha256:" + EMPTY, Digest.parse("sha256:" + EMPTY).toString());
    assertEquals(new Digest(EMPTY), Digest.parse("sha256:" + EMPTY));
    assertEquals(new Digest(EMPTY).hashCode(), Digest.of(new byte[0]).hashCode());
    assertNotEquals(new Digest(EMPTY), Digest.of(new byte[1]));
  }

  @Test
  void aDigestIsFoundAmongBytesWithoutBeingMade() {
    Digest digest = new Digest(EMPTY);
    ByteBuffer bytes = ByteBuffer.allocate(8 + Digest.BYTES).position(8);
    digest.put(bytes);

    assertTrue(digest.isAt(bytes, 8));
    assertEquals(digest.hashCode(), Digest.hashAt(bytes, 8));
    for (int i = 0; i < Digest.BYTES; i++) {
      bytes.put(8 + i, (byte) (bytes.get(8 + i) ^ 1));
      assertFalse(digest.isAt(bytes, 8), "byte " + i);
      bytes.put(8 + i, (byte) (bytes.get(8 + i) ^ 1));
    }
  }

  @Test
  void itsHexDigitsCanBeWrittenAsAscii() {
    ByteBuffer text = ByteBuffer.allocate(64);
    new Digest(EMPTY).putHex(text);
    assertEquals(EMPTY, US_ASCII.decode(text.flip()).toString());
  }

  @Test
  void digestsSortAsTheirText() {
    var digests =
        Stream.iterate(0, i -> i + 1).limit(1000).map(i -> Digest.of(new byte[i])).toList();

    assertEquals(
        digests.stream().map(Digest::toString).sorted().toList(),
        digests.stream().sorted().map(Digest::toString).toList());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "sha256:",
        "sha512:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "sha256:E3B0C44298FC1C149AFBF4C8996FB92427AE41E4649B934CA495991B7852B855",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b85",
        "sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b8555",
        "sha256:g3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
        "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
      })
  void anythingElseIsNoDigest(String text) {
    assertThrows(IllegalArgumentException.class, () -> Digest.parse(text));
  }
}
