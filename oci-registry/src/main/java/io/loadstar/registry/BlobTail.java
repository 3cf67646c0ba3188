package io.loadstar.registry;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A blob of which the end has been read already: reads that lie in it cost no request. Meant for
 * opening a layer, whose footer and TOC are there; for what comes after, {@link #source} is used
 * and the memory goes. Thread-safe.
 */
public final class BlobTail implements BlobSource {

  private final RegistryBlobSource source;
  private final byte[] tail;

  BlobTail(RegistryBlobSource source, byte[] tail) {
    this.source = source;
    this.tail = tail;
  }

  /** The blob without the memory of its end. */
  public RegistryBlobSource source() {
    return source;
  }

  /** The offset of the first byte that is in memory. */
  public long start() {
    return source.size() - tail.length;
  }

  @Override
  public Digest digest() {
    return source.digest();
  }

  @Override
  public long size() {
    return source.size();
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    if (holds(new ByteRange(offset, destination.remaining()))) {
      destination.put(tail, (int) (offset - start()), destination.remaining());
    } else {
      source.readFully(offset, destination);
    }
  }

  @Override
  public void readRanges(List<ByteRange> ranges, RangeReceiver receiver) throws IOException {
    for (ByteRange range : ranges) {
      if (holds(range)) {
        int start = (int) (range.offset() - start());
        receiver.receive(range, new ByteArrayInputStream(tail, start, (int) range.length()));
      } else {
        source.readRanges(List.of(range), receiver);
      }
    }
  }

  @Override
  public void check() throws IOException {
    source.check();
  }

  @Override
  public void close() {
    source.close();
  }

  private boolean holds(ByteRange range) {
    return range.offset() >= start() && range.end() <= source.size();
  }
}
