package io.loadstar.lazy;

import io.loadstar.cache.ContentStore;
import io.loadstar.cache.ObjectKey;
import java.io.IOException;
import java.nio.ByteBuffer;

/**
 * What one read wants of one chunk. Immutable.
 *
 * @param read whose it is
 * @param layer where the chunk is to be fetched from, should nobody else be fetching it
 * @param chunk the chunk's number in that layer
 * @param key what it is called in the store
 * @param slot which bytes of the chunk go where in the read
 */
record Part(PendingRead read, LazyLayer layer, int chunk, ObjectKey key, Slot slot) {

  /**
   * @param offset the first byte that is wanted, in the chunk
   * @param position where it goes in the read
   * @param length how many bytes
   */
  record Slot(long offset, int position, int length) {}

  /** Fills it from the whole chunk's verified bytes, unless the read has ended. */
  void fillFrom(ByteBuffer bytes) {
    if (!read.enter()) {
      return;
    }
    int filled = 0;
    try {
      int from = bytes.position() + Math.toIntExact(slot.offset());
      read.window(slot.position(), slot.length()).put(bytes.slice(from, slot.length()));
      filled = 1;
    } finally {
      read.leave(filled);
    }
  }

  /** Fills it from the store, if the chunk is there and needs no proof; whether that was so. */
  boolean tryFill(ContentStore store) {
    return fill(window -> store.tryRead(key, slot.offset(), window));
  }

  /** Fills it from the store, which hashes the chunk first if need be; whether it was there. */
  boolean fill(ContentStore store) {
    return fill(window -> store.read(key, slot.offset(), window));
  }

  /** Nothing is wanted any more if the read has ended: that counts as filled. */
  private boolean fill(Source source) {
    if (!read.enter()) {
      return true;
    }
    int filled = 0;
    try {
      int count = source.readInto(read.window(slot.position(), slot.length()));
      filled = count == slot.length() ? 1 : 0;
      return filled == 1;
    } finally {
      read.leave(filled);
    }
  }

  /** Ends the whole read. */
  void fail(IOException cause) {
    read.fail(cause);
  }

  private interface Source {
    int readInto(ByteBuffer window);
  }
}
