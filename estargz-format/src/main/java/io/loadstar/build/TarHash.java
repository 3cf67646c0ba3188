package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.IOException;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hashes that only a pass from front to back can make: the uncompressed layer's, and those of
 * files of more than one chunk. Not thread-safe.
 */
final class TarHash {

  private static final int WINDOW = 256 << 10;

  private final TarSpool spool;
  private final MessageDigest tar = Digest.newHash();
  private final MessageDigest file = Digest.newHash();
  private final byte[] window = new byte[WINDOW];
  private long size;

  TarHash(TarSpool spool) {
    this.spool = spool;
  }

  /**
   * Goes through {@code entries}, and {@code rest}, which follows them.
   *
   * @return by entry: the digest of a file larger than {@code chunkSize}; null for all others
   * @throws IOException if the spool can't be read
   */
  List<@Nullable Digest> add(List<SpooledEntry> entries, ByteRange rest, int chunkSize)
      throws IOException {
    List<@Nullable Digest> digests = new ArrayList<>(entries.size());
    for (SpooledEntry entry : entries) {
      boolean manyChunks = entry.size() > chunkSize;
      if (manyChunks) {
        add(ByteRange.between(entry.offset(), entry.payloadOffset()), null);
        add(new ByteRange(entry.payloadOffset(), entry.size()), file);
        add(ByteRange.between(entry.payloadOffset() + entry.size(), entry.end()), null);
      } else {
        add(ByteRange.between(entry.offset(), entry.end()), null);
      }
      digests.add(manyChunks ? Digest.finish(file) : null);
    }
    add(rest, null);
    return digests;
  }

  /** Adds bytes that aren't in the spool. */
  void add(byte[] bytes) {
    tar.update(bytes);
    size += bytes.length;
  }

  /**
   * Adds more of the spool.
   *
   * @throws IOException if it can't be read
   */
  void add(ByteRange range) throws IOException {
    add(range, null);
  }

  private void add(ByteRange range, @Nullable MessageDigest as) throws IOException {
    long position = range.offset();
    while (position < range.end()) {
      int count = (int) Math.min(WINDOW, range.end() - position);
      spool.read(position, window, count);
      tar.update(window, 0, count);
      if (as != null) {
        as.update(window, 0, count);
      }
      position += count;
    }
    size += range.length();
  }

  /** How many bytes were added. */
  long size() {
    return size;
  }

  /** Ends the layer's hash. */
  Digest finish() {
    return Digest.finish(tar);
  }
}
