package io.loadstar.lazy;

import io.loadstar.cache.ContentStore;
import io.loadstar.cache.ObjectKey;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;

/** Turns reads of a layer's files into reads of chunks. Thread-safe. */
final class ChunkReader {

  private final LazyLayer layer;
  private final ContentStore store;

  ChunkReader(LazyLayer layer, ContentStore store) {
    this.layer = layer;
    this.store = store;
  }

  /** See {@link LazyLayer#tryRead}. Allocates nothing if the chunks' objects are small or open. */
  int tryRead(long file, long offset, ByteBuffer destination) {
    int count = countOf(file, offset, destination);
    if (count == 0) {
      return 0;
    }
    LayerIndex index = layer.index();
    int start = destination.position();
    int limit = destination.limit();
    int first = index.find(file, offset);
    int chunk = first;
    destination.limit(start + count);
    while (destination.hasRemaining()) {
      long inFile = offset + (destination.position() - start);
      long inChunk = inFile - index.fileOffset(chunk);
      ObjectKey key = index.find(chunk, store);
      if (key == null || store.tryRead(key, inChunk, destination) == ContentStore.MISSING) {
        destination.limit(limit).position(start);
        return LazyLayer.WOULD_WAIT;
      }
      chunk++;
    }
    destination.limit(limit);
    for (int each = first; each < chunk; each++) {
      layer.given(file, each);
    }
    layer.passed(index.start(index.memberOf(chunk - 1)));
    return count;
  }

  /** How many bytes a read yields: as many as there is room for, up to the file's end. */
  int countOf(long file, long offset, ByteBuffer destination) {
    if (offset < 0) {
      throw new IllegalArgumentException("no such offset: " + offset);
    }
    return (int) Math.clamp(layer.index().size(file) - offset, 0L, destination.remaining());
  }

  /** What a read wants of which chunk. */
  List<Part> partsOf(long file, long offset, ByteBuffer destination, ReadListener listener) {
    LayerIndex index = layer.index();
    int count = countOf(file, offset, destination);
    int first = index.find(file, offset);
    int last = index.find(file, offset + count - 1);
    PendingRead read = new PendingRead(destination, count, last - first + 1, listener);
    List<Part> parts = new ArrayList<>(last - first + 1);
    long end = offset + count;
    for (int chunk = first; chunk <= last; chunk++) {
      long start = index.fileOffset(chunk);
      long from = Math.max(offset, start);
      long to = Math.min(end, start + index.chunkSize(chunk));
      Part.Slot slot = new Part.Slot(from - start, (int) (from - offset), (int) (to - from));
      parts.add(new Part(read, layer, chunk, index.key(chunk), slot));
    }
    return parts;
  }
}
