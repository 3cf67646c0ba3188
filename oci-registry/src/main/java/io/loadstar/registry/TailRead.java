package io.loadstar.registry;

import io.loadstar.blob.ByteRange;
import java.io.IOException;
import java.util.Optional;

/** Learns a blob's size and reads its end. Used once. */
final class TailRead {

  /** A blob from a server without ranges is read up to its tail if it isn't larger than this. */
  private static final long MAX_DROPPED_BYTES = 8 << 20;

  private final RangeRequests requests;

  TailRead(RangeRequests requests) {
    this.requests = requests;
  }

  BlobTail open(int length) throws IOException {
    if (length <= 0) {
      throw new IllegalArgumentException("a tail of " + length + " bytes");
    }
    if (requests.isRangeless()) {
      return bySize(length);
    }
    Optional<BlobTail> tail = requests.retries().run(() -> bySuffix(length));
    return tail.isPresent() ? tail.get() : bySize(length);
  }

  private Optional<BlobTail> bySuffix(int length) throws IOException {
    Optional<RangeRequests.SuffixBody> suffix = requests.openSuffix(length);
    if (suffix.isEmpty()) {
      return Optional.empty();
    }
    try (RangeBody body = suffix.get().body()) {
      long size = suffix.get().size();
      byte[] tail = new byte[(int) Math.min(length, size)];
      int filled = 0;
      while (filled < tail.length) {
        filled += body.read(size - tail.length + filled, tail, filled, tail.length - filled);
      }
      return Optional.of(new BlobTail(new RegistryBlobSource(requests, size), tail));
    }
  }

  private BlobTail bySize(int length) throws IOException {
    long size = requests.retries().run(requests::size);
    byte[] tail = new byte[(int) Math.min(length, size)];
    if (size - tail.length > MAX_DROPPED_BYTES && requests.isRangeless()) {
      throw Failures.rangeless(requests.object());
    }
    if (tail.length > 0) {
      requests.retries().run(() -> fill(tail, size));
    }
    return new BlobTail(new RegistryBlobSource(requests, size), tail);
  }

  private byte[] fill(byte[] tail, long size) throws IOException {
    long start = size - tail.length;
    try (RangeBody body = requests.open(ByteRange.between(start, size), size)) {
      if (body.distanceTo(start) > MAX_DROPPED_BYTES) {
        throw Failures.rangeless(requests.object());
      }
      int filled = 0;
      while (filled < tail.length) {
        filled += body.read(start + filled, tail, filled, tail.length - filled);
      }
      return tail;
    }
  }
}
