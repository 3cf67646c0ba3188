package io.loadstar.gzip;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.blob.MalformedBlobException;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.Random;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

class GzipMembersInputStreamTest {

  private static final byte[] HELLO = "hello, hello, hello".getBytes(UTF_8);

  @Test
  void membersAreOneStream() throws IOException {
    byte[] noise = new byte[300_000];
    new Random(3).nextBytes(noise);

    byte[] all = read(concat(gzip(HELLO), gzip(new byte[0]), gzip(noise), gzip(HELLO)));

    assertArrayEquals(concat(HELLO, noise, HELLO), all);
  }

  @Test
  void aSourceThatGivesOneByteAtATimeIsNoEnd() throws IOException {
    byte[] compressed = concat(gzip(HELLO), gzip(HELLO));
    InputStream slow =
        new ByteArrayInputStream(compressed) {
          @Override
          public synchronized int read(byte[] target, int start, int length) {
            return super.read(target, start, Math.min(length, 1));
          }

          @Override
          public synchronized int available() {
            return 0;
          }
        };

    assertArrayEquals(concat(HELLO, HELLO), new GzipMembersInputStream(slow).readAllBytes());
  }

  @Test
  void everyPartOfAHeaderIsReadPast() throws IOException {
    byte[] plain = gzip(HELLO);
    byte[] header = {
      0x1f,
      (byte) 0x8b,
      8,
      0x1e,
      1,
      2,
      3,
      4,
      0,
      3, // FHCRC, FEXTRA, FNAME, FCOMMENT
      3,
      0,
      'e',
      'x',
      't',
      'n',
      0,
      'c',
      'o',
      0,
      0x11,
      0x22
    };

    assertArrayEquals(HELLO, read(concat(header, Arrays.copyOfRange(plain, 10, plain.length))));
  }

  @Test
  void zeroBytesBehindTheLastMemberAreIgnored() throws IOException {
    assertArrayEquals(HELLO, read(concat(gzip(HELLO), new byte[100_000])));
  }

  @Test
  void otherBytesBehindTheLastMemberAreNot() {
    assertMalformed(concat(gzip(HELLO), "junk".getBytes(UTF_8)));
    assertMalformed(concat(gzip(HELLO), new byte[] {0, 0, 1}));
  }

  @Test
  void aMemberCutOffAnywhereIsMalformed() {
    byte[] whole = gzip(HELLO);
    for (int length = 0; length < whole.length; length++) {
      assertMalformed(Arrays.copyOf(whole, length));
    }
  }

  @Test
  void wrongChecksumsAreMalformed() {
    for (int fromEnd = 1; fromEnd <= 8; fromEnd++) {
      byte[] wrong = gzip(HELLO);
      wrong[wrong.length - fromEnd] ^= 1;
      assertMalformed(wrong);
    }
  }

  @Test
  void anErrorTellsWhereItIs() {
    byte[] first = gzip(HELLO);
    var malformed =
        assertThrows(
            MalformedBlobException.class, () -> read(concat(first, new byte[] {0x1f, 0x00})));
    assertEquals(first.length + 1, malformed.offset());
  }

  private static void assertMalformed(byte[] compressed) {
    assertThrows(MalformedBlobException.class, () -> read(compressed));
  }

  private static byte[] read(byte[] compressed) throws IOException {
    try (InputStream in = new GzipMembersInputStream(new ByteArrayInputStream(compressed))) {
      return in.readAllBytes();
    }
  }

  private static byte[] gzip(byte[] content) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(content);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return out.toByteArray();
  }

  private static byte[] concat(byte[]... parts) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      out.writeBytes(part);
    }
    return out.toByteArray();
  }
}
