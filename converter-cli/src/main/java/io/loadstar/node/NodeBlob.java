package io.loadstar.node;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Content;
import io.loadstar.oci.Descriptor;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;

/**
 * A blob in containerd's content store. Thread-safe; closing it closes nothing.
 *
 * @param content the store
 * @param blob its digest and size
 */
record NodeBlob(Content content, Descriptor blob) implements BlobSource {

  @Override
  public Digest digest() {
    return blob.digest();
  }

  @Override
  public long size() {
    return blob.size();
  }

  @Override
  public void readRanges(List<ByteRange> ranges, RangeReceiver receiver) throws IOException {
    for (ByteRange range : ranges) {
      if (range.end() > size()) {
        throw new EOFException(
            "content " + digest() + ": it has " + size() + " bytes, " + range.end() + " wanted");
      }
      try (InputStream in = content.open(digest().toString(), range.offset(), range.length())) {
        receiver.receive(range, in);
      }
    }
  }

  @Override
  public void check() throws IOException {
    try {
      if (content.info(digest().toString()).isEmpty()) {
        throw new NodeImageException("content " + digest() + " is gone from containerd", null);
      }
    } catch (ContainerdException e) {
      throw NodeImageException.of(e);
    }
  }

  @Override
  public void close() {}
}
