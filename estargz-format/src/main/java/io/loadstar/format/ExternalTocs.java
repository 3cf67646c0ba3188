package io.loadstar.format;

import io.loadstar.blob.Digest;
import io.loadstar.blob.UnsupportedBlobException;
import java.io.IOException;

/** Where the TOCs are of layers that don't have them in themselves. Thread-safe. */
@FunctionalInterface
public interface ExternalTocs {

  /** Where nobody looks for them. */
  ExternalTocs NONE =
      layer -> {
        throw new UnsupportedBlobException("eStargz with its TOC in another image, not looked for");
      };

  /**
   * The layer of a TOC image that belongs to {@code layer}: a gzipped tar, whose first entry is the
   * TOC. At most {@link LayerBlob#MAX_TOC_BYTES}, verified against its own digest.
   *
   * @throws UnsupportedBlobException if there is none
   * @throws IOException if it can't be read
   */
  byte[] find(Digest layer) throws IOException;
}
