package io.loadstar.registry;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;

/**
 * A blob in a registry, read by range requests. Thread-safe. Closing it frees nothing: connections
 * are the {@link RegistryClient}'s.
 *
 * <p>Each range costs one request as long as nothing fails; the first may cost a redirect and a
 * token more. No range at all is asked for the whole blob, and a server that doesn't know ranges
 * serves all of a call's ranges from one answer. What fails for the moment is tried again as {@link
 * RegistryAccess#reads} has it; a check, whose caller can do without the blob, as {@link
 * RegistryAccess#retries}.
 */
public final class RegistryBlobSource implements BlobSource {

  private final RangeRequests requests;
  private final long size;

  RegistryBlobSource(RangeRequests requests, long size) {
    this.requests = requests;
    this.size = size;
  }

  @Override
  public Digest digest() {
    return requests.digest();
  }

  @Override
  public long size() {
    return size;
  }

  @Override
  public void readFully(long offset, ByteBuffer destination) throws IOException {
    if (!destination.hasArray()) {
      BlobSource.super.readFully(offset, destination);
      return;
    }
    readFully(offset, destination, requests.readRetries());
  }

  private void readFully(long offset, ByteBuffer destination, RetryLoop retries)
      throws IOException {
    ByteRange range = new ByteRange(offset, destination.remaining());
    checkWithin(range);
    try (RangeCursor cursor = new RangeCursor(requests, size, retries)) {
      long position = offset;
      while (destination.hasRemaining()) {
        int start = destination.arrayOffset() + destination.position();
        int count =
            cursor.read(position, range.end(), destination.array(), start, destination.remaining());
        destination.position(destination.position() + count);
        position += count;
      }
    }
  }

  @Override
  public void readRanges(List<ByteRange> ranges, RangeReceiver receiver) throws IOException {
    for (ByteRange range : ranges) {
      checkWithin(range);
    }
    try (RangeCursor cursor = new RangeCursor(requests, size, requests.readRetries())) {
      for (ByteRange range : ranges) {
        receiver.receive(range, cursor.stream(range));
      }
    }
  }

  @Override
  public void check() throws IOException {
    if (size == 0) {
      requests.retries().run(requests::size);
    } else {
      readFully(0, ByteBuffer.allocate(1), requests.retries());
    }
  }

  @Override
  public void close() {}

  private void checkWithin(ByteRange range) throws EOFException {
    if (range.end() > size) {
      throw new EOFException(
          requests.object() + ": it has " + size + " bytes, " + range.end() + " were wanted");
    }
  }

  @Override
  public String toString() {
    return requests.object();
  }
}
