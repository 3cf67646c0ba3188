package io.loadstar.remote;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.format.LayerBlob;
import io.loadstar.oci.ImageReference;
import java.io.IOException;

/** Opens blobs where images live. Thread-safe; waits for the network. */
public interface LayerOpener {

  /**
   * Opens a layer whose size isn't known, and reads its end.
   *
   * @param tailBytes how much of its end is asked for first
   * @throws io.loadstar.blob.UnsupportedBlobException if it can't be read lazily
   * @throws IOException if it can't be read
   */
  Opened open(ImageReference image, Digest layer, int tailBytes) throws IOException;

  /** Opens a layer of which all is known already. Costs no request. */
  BlobSource reopen(ImageReference image, Digest layer, long size);

  /**
   * Opens a layer of any format, to be read from its first byte to its last. Costs one small
   * request, which asks for its size.
   *
   * @throws IOException if it can't be had
   */
  BlobSource openWhole(ImageReference image, Digest layer) throws IOException;

  /**
   * @param source the blob, without any of it in memory
   * @param blob its format, and its TOC as it came
   */
  record Opened(BlobSource source, LayerBlob blob) {}
}
