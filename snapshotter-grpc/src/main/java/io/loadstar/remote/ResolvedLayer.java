package io.loadstar.remote;

import io.loadstar.format.BlobFormat;
import io.loadstar.format.UnverifiedToc;
import io.loadstar.lazy.HeadStart;
import io.loadstar.lazy.LazyLayer;

/**
 * A layer that is ready to be mounted: its TOC has been verified, as far as the configuration asks
 * for it. Immutable.
 *
 * @param content its tree, format and source; the source is the receiver's
 * @param toc the TOC that was verified, as bytes
 * @param tocOffset where in the blob it starts
 * @param begun what of its prefetch is on its way
 */
record ResolvedLayer(
    LazyLayer.Content content, UnverifiedToc toc, long tocOffset, HeadStart begun) {

  /** This, with what of its prefetch is on its way. */
  ResolvedLayer with(HeadStart other) {
    return new ResolvedLayer(content, toc, tocOffset, other);
  }

  BlobFormat format() {
    return content.format();
  }

  long blobSize() {
    return content.source().size();
  }
}
