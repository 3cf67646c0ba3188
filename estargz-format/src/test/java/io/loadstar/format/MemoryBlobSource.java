package io.loadstar.format;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** A blob in memory, which remembers what was read of it. Not thread-safe. */
public final class MemoryBlobSource implements BlobSource {

  private final byte[] bytes;
  private final List<ByteRange> reads = new ArrayList<>();

  public MemoryBlobSource(byte[] bytes) {
    this.bytes = bytes;
  }

  /** Every range that was read so far. */
  public List<ByteRange> reads() {
    return reads;
  }

  @Override
  public Digest digest() {
    return Digest.of(bytes);
  }

  @Override
  public long size() {
    return bytes.length;
  }

  @Override
  public void readRanges(List<ByteRange> ranges, RangeReceiver receiver) throws IOException {
    for (ByteRange range : ranges) {
      if (range.end() > bytes.length) {
        throw new EOFException(range + " of " + bytes.length + " bytes");
      }
      reads.add(range);
      receiver.receive(
          range, new ByteArrayInputStream(bytes, (int) range.offset(), (int) range.length()));
    }
  }

  @Override
  public void check() {}

  @Override
  public void close() {}
}
