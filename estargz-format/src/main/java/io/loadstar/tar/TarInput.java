package io.loadstar.tar;

import io.loadstar.gzip.GzipMembersInputStream;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.SequenceInputStream;
import java.util.Arrays;
import java.util.HexFormat;

/** A layer's tar, whatever it is compressed with. Stateless. */
public final class TarInput {

  private static final int SHOWN_BYTES = 16;

  private TarInput() {}

  /**
   * The tar in {@code layer}, which may be tar, gzip of any number of members, or zstd, told apart
   * by their first bytes. Closing the result closes {@code layer}.
   *
   * @throws UnsupportedTarException if it is none of these
   * @throws IOException as {@code layer} throws
   */
  public static InputStream open(InputStream layer) throws IOException {
    byte[] start = layer.readNBytes(TarHeader.BLOCK);
    InputStream whole = new SequenceInputStream(new ByteArrayInputStream(start), layer);
    if (startsWith(start, 0x1f, 0x8b)) { // RFC 1952, section 2.3.1
      return new GzipMembersInputStream(whole);
    }
    if (startsWith(start, 0x28, 0xb5, 0x2f, 0xfd)) { // RFC 8878, section 3.1.1
      return new ZstdTarInput(whole);
    }
    if (isTar(start)) {
      return whole;
    }
    byte[] shown = Arrays.copyOf(start, Math.min(start.length, SHOWN_BYTES));
    throw new UnsupportedTarException(
        "not a tar, gzip or zstd stream: it begins with " + describe(shown));
  }

  private static String describe(byte[] shown) {
    return shown.length == 0 ? "nothing: it is empty" : HexFormat.ofDelimiter(" ").formatHex(shown);
  }

  private static boolean isTar(byte[] start) {
    return start.length == TarHeader.BLOCK
        && (TarHeader.isZero(start) || new TarHeader(start, 0).hasRightChecksum());
  }

  private static boolean startsWith(byte[] bytes, int... magic) {
    if (bytes.length < magic.length) {
      return false;
    }
    for (int i = 0; i < magic.length; i++) {
      if ((bytes[i] & 0xff) != magic[i]) {
        return false;
      }
    }
    return true;
  }
}
