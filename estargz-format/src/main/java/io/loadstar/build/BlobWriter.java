package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.build.MemberCompressor.Compressed;
import io.loadstar.build.MemberCompressor.CompressedMember;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.StargzFooter;
import io.loadstar.format.ZstdFooter;
import io.loadstar.tar.TarWriter;
import io.loadstar.toc.Toc;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Writes one blob: members, TOC, footer. Not thread-safe, used once. */
final class BlobWriter {

  /** A task compresses members of about this size together: less is all overhead. */
  private static final long BATCH_BYTES = 1 << 20;

  /** Most members of one task. */
  private static final int BATCH_MEMBERS = 1024;

  private static final byte[] NOTHING = {};

  private final TarSpool spool;
  private final EntryOrder order;
  private final BuildOptions options;
  private final LayerBuilder.Threads threads;
  private final TarHash tarHash;
  private final Queue<MemberCompressor> idle = new ConcurrentLinkedQueue<>();
  private final MessageDigest blobHash = Digest.newHash();
  private final List<TocRows.WrittenChunk> chunks = new ArrayList<>();
  private long written;

  BlobWriter(TarSpool spool, EntryOrder order, BuildOptions options, LayerBuilder.Threads threads) {
    this.spool = spool;
    this.order = order;
    this.options = options;
    this.threads = threads;
    this.tarHash = new TarHash(spool);
  }

  /**
   * Writes the blob to {@code file}.
   *
   * @param named where it will be, for the result
   */
  BuiltLayer write(Path file, Path named) throws IOException {
    try (FileChannel out = FileChannel.open(file, StandardOpenOption.WRITE);
        OrderedWork<List<@Nullable Digest>> hashing = new OrderedWork<>(threads.workers())) {
      hashing.add(() -> tarHash.add(order.entries(), spool.rest(), options.chunkSize()));
      writeMembers(out);
      long payloadEnd = written;
      WrittenToc toc = writeToc(hashing.take(), out);
      return new BuiltLayer(
          named,
          options.format(),
          Digest.finish(blobHash),
          written,
          tarHash.finish(),
          tarHash.size(),
          payloadEnd,
          toc,
          order.missed());
    } finally {
      idle.forEach(MemberCompressor::close);
    }
  }

  private void writeMembers(FileChannel out) throws IOException {
    List<PlannedMember> members = ChunkSplitter.split(order.entries(), spool.rest(), options);
    // Enough for all threads to have work while this one writes, and little enough to be held.
    int window = 2 * threads.count() + 2;
    try (OrderedWork<Compressed> work = new OrderedWork<>(threads.workers())) {
      Queue<List<PlannedMember>> batches = new ArrayDeque<>();
      for (int start = 0; start < members.size(); ) {
        List<PlannedMember> batch = members.subList(start, batchEnd(members, start));
        batches.add(batch);
        work.add(() -> compress(batch));
        if (work.pending() == window) {
          write(work.take(), batches.remove(), out);
        }
        start += batch.size();
      }
      while (work.pending() > 0) {
        write(work.take(), batches.remove(), out);
      }
    }
  }

  private static int batchEnd(List<PlannedMember> members, int start) {
    long bytes = 0;
    int end = start;
    while (end < members.size() && end - start < BATCH_MEMBERS && bytes < BATCH_BYTES) {
      bytes += members.get(end++).size();
    }
    return end;
  }

  private Compressed compress(List<PlannedMember> batch) throws IOException {
    MemberCompressor compressor = takeCompressor();
    try {
      return compressor.compress(batch, spool);
    } finally {
      idle.add(compressor);
    }
  }

  private MemberCompressor takeCompressor() {
    MemberCompressor free = idle.poll();
    return free != null ? free : new MemberCompressor(options);
  }

  private void write(Compressed batch, List<PlannedMember> planned, FileChannel out)
      throws IOException {
    long offset = written;
    for (int i = 0; i < planned.size(); i++) {
      CompressedMember member = batch.members().get(i);
      for (int j = 0; j < member.chunkDigests().size(); j++) {
        long inner = planned.get(i).chunks().get(j).innerOffset();
        chunks.add(new TocRows.WrittenChunk(offset, inner, member.chunkDigests().get(j)));
      }
      offset += member.size();
    }
    write(batch.bytes(), out);
  }

  /** Writes the TOC, where it goes into the blob, and the footer. */
  private WrittenToc writeToc(List<@Nullable Digest> fileDigests, FileChannel out)
      throws IOException {
    SpooledToc toc =
        SpooledToc.of(TocRows.toc(order.placed(), fileDigests, chunks, options), spool);
    return switch (options.format()) {
      case BlobFormat.EStargz(StargzFooter footer) -> {
        byte[] header = tocHeader(toc);
        byte[] end = tocEnd(toc);
        tarHash.add(header);
        tarHash.add(toc.json());
        tarHash.add(end);
        byte[] member = compressAlone(header, toc, end);
        ByteRange place = new ByteRange(written, member.length);
        write(ByteBuffer.wrap(member), out);
        write(ByteBuffer.wrap(footer.encode(place.offset())), out);
        yield toc.written(place, member, Optional.empty());
      }
      case BlobFormat.ZstdChunked(ZstdFooter footer) -> {
        byte[] frame = compressAlone(NOTHING, toc, NOTHING);
        ByteRange place = new ByteRange(written + ZstdFooter.FRAME_HEAD, frame.length);
        write(ByteBuffer.wrap(ZstdFooter.frame(frame)), out);
        write(ByteBuffer.wrap(footer.encode(place, toc.json().length())), out);
        yield toc.written(place, frame, Optional.empty());
      }
      case BlobFormat.ExternalToc() -> {
        byte[] layer = compressAlone(tocHeader(toc), toc, tocEnd(toc));
        ByteRange place = new ByteRange(written, 0);
        write(ByteBuffer.wrap(BlobFormat.ExternalToc.footer()), out);
        ByteBuffer external = ByteBuffer.wrap(layer).asReadOnlyBuffer();
        yield toc.written(place, layer, Optional.of(external));
      }
    };
  }

  private static byte[] tocHeader(SpooledToc toc) {
    return TarWriter.header(Toc.ENTRY_NAME, toc.json().length());
  }

  private static byte[] tocEnd(SpooledToc toc) {
    return new byte[TarWriter.padding(toc.json().length()) + TarWriter.END_OF_ARCHIVE];
  }

  private byte[] compressAlone(byte[] before, SpooledToc toc, byte[] after) throws IOException {
    MemberCompressor compressor = takeCompressor();
    try {
      return compressor.compress(before, toc.json(), after, spool);
    } finally {
      idle.add(compressor);
    }
  }

  private void write(ByteBuffer bytes, FileChannel out) throws IOException {
    blobHash.update(bytes.duplicate());
    written += bytes.remaining();
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
