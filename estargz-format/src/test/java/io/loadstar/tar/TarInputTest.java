package io.loadstar.tar;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.github.luben.zstd.Zstd;
import io.loadstar.blob.MalformedBlobException;
import java.io.ByteArrayInputStream;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class TarInputTest {

  @Test
  void whatIsNoLayerIsToldByItsFirstBytes() {
    var refused = assertThrows(UnsupportedTarException.class, () -> open("<html>no</html>"));

    assertEquals(
        "not a tar, gzip or zstd stream: it begins with 3c 68 74 6d 6c 3e 6e 6f 3c 2f 68 74 6d 6c 3e",
        refused.getMessage());
  }

  @Test
  void nothingIsNoLayer() {
    var refused = assertThrows(UnsupportedTarException.class, () -> open(""));

    assertEquals(
        "not a tar, gzip or zstd stream: it begins with nothing: it is empty",
        refused.getMessage());
  }

  @Test
  void fiveHundredAndTwelveBytesOfTextAreNoTar() {
    assertThrows(UnsupportedTarException.class, () -> open("a".repeat(512)));
  }

  @Test
  void aDamagedZstdStreamIsToldWithItsOffset() {
    byte[] whole = Zstd.compress(new byte[100_000]);
    byte[] damaged = whole.clone();
    damaged[5] ^= 0x7f;

    assertMalformed(damaged);
    assertMalformed(Arrays.copyOf(whole, whole.length - 3));
  }

  private static void assertMalformed(byte[] layer) {
    var refused =
        assertThrows(
            MalformedBlobException.class,
            () -> TarInput.open(new ByteArrayInputStream(layer)).readAllBytes());
    assertEquals(layer.length, refused.offset());
  }

  private static void open(String bytes) throws java.io.IOException {
    TarInput.open(new ByteArrayInputStream(bytes.getBytes(UTF_8))).close();
  }
}
