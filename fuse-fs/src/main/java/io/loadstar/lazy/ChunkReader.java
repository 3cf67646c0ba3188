package io.loadstar.lazy;

import io.loadstar.cache.ContentStore;
import io.loadstar.layer.Chunk;
import io.loadstar.layer.Inode;
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

  /** See {@link LazyLayer#tryRead}. Allocates nothing if the chunks' objects are open. */
  int tryRead(Inode.RegularFile file, long offset, ByteBuffer destination) {
    int count = countOf(file, offset, destination);
    if (count == 0) {
      return 0;
    }
    LayerIndex index = layer.index();
    List<Chunk> chunks = file.chunks();
    int start = destination.position();
    int limit = destination.limit();
    int number = index.find(file, offset);
    destination.limit(start + count);
    while (destination.hasRemaining()) {
      long inFile = offset + (destination.position() - start);
      long inChunk = inFile - chunks.get(number).fileOffset();
      if (store.tryRead(index.key(file, number), inChunk, destination) == ContentStore.MISSING) {
        destination.limit(limit).position(start);
        return LazyLayer.WOULD_WAIT;
      }
      number++;
    }
    destination.limit(limit);
    layer.passed(chunks.get(number - 1).member().offset());
    return count;
  }

  /** How many bytes a read yields: as many as there is room for, up to the file's end. */
  static int countOf(Inode.RegularFile file, long offset, ByteBuffer destination) {
    if (offset < 0) {
      throw new IllegalArgumentException("no such offset: " + offset);
    }
    return (int) Math.clamp(file.size() - offset, 0L, destination.remaining());
  }

  /** What a read wants of which chunk. */
  List<Part> partsOf(
      Inode.RegularFile file, long offset, ByteBuffer destination, ReadListener listener) {
    int count = countOf(file, offset, destination);
    int first = layer.index().find(file, offset);
    int last = layer.index().find(file, offset + count - 1);
    PendingRead read = new PendingRead(destination, count, last - first + 1, listener);
    List<Part> parts = new ArrayList<>(last - first + 1);
    long end = offset + count;
    for (int number = first; number <= last; number++) {
      Chunk chunk = file.chunks().get(number);
      long from = Math.max(offset, chunk.fileOffset());
      long to = Math.min(end, chunk.fileOffset() + chunk.size());
      Part.Slot slot =
          new Part.Slot(from - chunk.fileOffset(), (int) (from - offset), (int) (to - from));
      parts.add(new Part(read, layer, chunk, layer.index().key(file, number), slot));
    }
    return parts;
  }
}
