package io.loadstar.registry;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.Optional;

/** Learns a blob's size and reads its end. Used once. */
final class TailRead {

  private final RangeRequests requests;

  TailRead(RangeRequests requests) {
    this.requests = requests;
  }

  BlobTail open(int length) throws IOException {
    if (length <= 0) {
      throw new IllegalArgumentException("a tail of " + length + " bytes");
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
    RegistryBlobSource source = new RegistryBlobSource(requests, size);
    byte[] tail = new byte[(int) Math.min(length, size)];
    source.readFully(size - tail.length, ByteBuffer.wrap(tail));
    return new BlobTail(source, tail);
  }
}
