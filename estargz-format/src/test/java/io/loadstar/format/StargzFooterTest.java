package io.loadstar.format;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.MalformedBlobException;
import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class StargzFooterTest {

  @Test
  void theBytesAreThoseOfTheFormat() {
    assertArrayEquals(
        HexFormat.of()
            .parseHex(
                "1f8b08040000000000ff"
                    + "1600"
                    + "30303030303030303030303061626364"
                    + "53544152475a"
                    + "010000ffff"
                    + "0000000000000000"),
        StargzFooter.LEGACY.encode(0xabcd));
    assertArrayEquals(
        HexFormat.of()
            .parseHex(
                "1f8b08040000000000ff"
                    + "1a00"
                    + "53471600"
                    + "30303030303030303030303061626364"
                    + "53544152475a"
                    + "010000ffff"
                    + "0000000000000000"),
        StargzFooter.SUBFIELD.encode(0xabcd));
    assertEquals(47, StargzFooter.LEGACY.size());
    assertEquals(51, StargzFooter.SUBFIELD.size());
  }

  @ParameterizedTest
  @EnumSource
  void timeFlagsAndSystemMayBeAnything(StargzFooter footer) throws MalformedBlobException {
    byte[] bytes = footer.encode(100);
    for (int i = 4; i < 10; i++) {
      bytes[i] = 0x55;
    }

    assertTrue(footer.matches(ByteBuffer.wrap(bytes)));
    assertEquals(100, footer.tocOffset(ByteBuffer.wrap(bytes), 1000));
  }

  @ParameterizedTest
  @EnumSource
  void allThatTellsTheKindIsCompared(StargzFooter footer) {
    byte[] right = footer.encode(100);
    int digits = footer.size() - 8 - 5 - 6 - 16;
    for (int i = 0; i < footer.size(); i++) {
      byte[] wrong = right.clone();
      wrong[i] ^= 0x40;
      boolean tells = i < 4 || (i >= 10 && i < digits) || (i >= digits + 16 && i < digits + 22);
      assertEquals(!tells, footer.matches(ByteBuffer.wrap(wrong)), "byte " + i);
    }
    assertFalse(footer.matches(ByteBuffer.wrap(right, 1, right.length - 1)));
    assertFalse(footer.matches(ByteBuffer.allocate(0)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "00000000000003b5", "00000000000003e8", "7fffffffffffffff", "ffffffffffffffff",
        "8000000000000000", "00000000000000g0", "+000000000000001", "                "
      })
  void anOffsetOutsideTheBlobIsMalformed(String digits) {
    byte[] footer = StargzFooter.SUBFIELD.encode(0);
    byte[] text = digits.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    System.arraycopy(text, 0, footer, 16, 16);

    assertThrows(
        MalformedBlobException.class,
        () -> StargzFooter.SUBFIELD.tocOffset(ByteBuffer.wrap(footer), 1000));
  }
}
