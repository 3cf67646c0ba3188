package io.loadstar.lazy;

import io.loadstar.codec.WholeMemberDecoder;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.ChunkDecoder;
import io.loadstar.linux.LibDeflate;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;

/**
 * Decoders that wait for work, with their buffers: as many for each format as were ever busy at
 * once. Thread-safe; closed by the {@link ChunkFetcher} when nothing is decoded any more.
 */
final class Decoders implements AutoCloseable {

  private final ConcurrentHashMap<BlobFormat, Queue<ChunkDecoder>> idle = new ConcurrentHashMap<>();

  /** One for the caller alone, until it is given back. */
  ChunkDecoder take(BlobFormat format) {
    ChunkDecoder decoder = idleOf(format).poll();
    return decoder == null ? make(format) : decoder;
  }

  private static ChunkDecoder make(BlobFormat format) {
    return ChunkDecoder.of(
        format, format.isZstd() ? WholeMemberDecoder.NONE : LibDeflate.decoder());
  }

  void giveBack(BlobFormat format, ChunkDecoder decoder) {
    idleOf(format).add(decoder);
  }

  private Queue<ChunkDecoder> idleOf(BlobFormat format) {
    return idle.computeIfAbsent(format, none -> new ConcurrentLinkedQueue<>());
  }

  @Override
  public void close() {
    for (Queue<ChunkDecoder> queue : idle.values()) {
      for (ChunkDecoder each = queue.poll(); each != null; each = queue.poll()) {
        each.close();
      }
    }
  }
}
