package io.loadstar.build;

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
}
