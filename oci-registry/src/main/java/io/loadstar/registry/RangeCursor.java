package io.loadstar.registry;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.RangeInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import org.jspecify.annotations.Nullable;

/**
 * Reads ascending ranges of a blob. A transfer that breaks off is taken up where it ended, a
 * bounded number of times. Not thread-safe; closed by whoever made it.
 */
final class RangeCursor implements Closeable {

  /** After this much, failures count from one again: the server does get on. */
  private static final long PROGRESS_BYTES = 1 << 20;

  private final RangeRequests requests;
  private final long size;
  private @Nullable RangeBody body;
  private final Attempts attempts;
  private long lastFailure;

  /**
   * @param retries how patiently
   */
  RangeCursor(RangeRequests requests, long size, RetryLoop retries) {
    this.requests = requests;
    this.size = size;
    this.attempts = retries.begin();
  }

  /** The bytes of {@code range}; valid until the next one is asked for. */
  InputStream stream(ByteRange range) {
    attempts.gotOn();
    lastFailure = range.offset();
    return new RangeInputStream(range, this::read);
  }

  /** Reads some of the bytes from {@code position} to {@code end}, at least one. */
  int read(long position, long end, byte[] target, int start, int length) throws IOException {
    for (; ; ) {
      try {
        return bodyFor(position, end).read(position, target, start, length);
      } catch (RegistryException e) {
        close();
        if (position - lastFailure >= PROGRESS_BYTES) {
          attempts.gotOn();
        }
        lastFailure = position;
        attempts.failed(e);
      }
    }
  }

  private RangeBody bodyFor(long position, long end) throws IOException {
    RangeBody present = body;
    if (present != null && present.reaches(position)) {
      return present;
    }
    close();
    RangeBody opened = requests.open(ByteRange.between(position, end), size);
    body = opened;
    return opened;
  }

  @Override
  public void close() {
    if (body != null) {
      body.close();
      body = null;
    }
  }
}
