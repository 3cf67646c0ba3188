package io.loadstar.build;

import com.github.luben.zstd.util.ZstdVersion;
import io.loadstar.deflate.DeflateEncoder;

/**
 * Whose compressed bytes a layer has: the same input with the same options gives the same blob as
 * long as this is the same. Immutable.
 *
 * @param name of the encoder
 * @param version of the bytes that it makes
 */
public record Compressor(String name, String version) {

  /** The project's own, which gives the same bytes on any machine and any JDK. */
  static final Compressor DEFLATE =
      new Compressor(DeflateEncoder.NAME, Integer.toString(DeflateEncoder.VERSION));

  /** The library's, whose bytes may change with its version. */
  static Compressor ofZstd() {
    return new Compressor("zstd", ZstdVersion.VERSION);
  }
}
