package io.loadstar.build;

import io.loadstar.blob.Digest;
import io.loadstar.build.MemberCompressor.Compressed;
import io.loadstar.tar.TarWriter;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.jspecify.annotations.Nullable;

/** Writes one blob: members, TOC, footer. Not thread-safe, used once. */
final class BlobWriter {

  /** A task compresses members of about this size together: less is all overhead. */
  private static final long BATCH_BYTES = 1 << 20;

  /** Most members of one task. */
  private static final int BATCH_MEMBERS = 1024;

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
      hashing.add(() -> tarHash.add(order.entries(), options.chunkSize()));
      writeMembers(out);
      long tocOffset = written;
      Digest tocDigest = writeToc(hashing.take(), out);
      write(ByteBuffer.wrap(options.footer().encode(tocOffset)), out);
      return new BuiltLayer(
          named,
          Digest.finish(blobHash),
          written,
          tarHash.finish(),
          tarHash.size(),
          tocDigest,
          tocOffset,
          order.missed());
    }
  }

  private void writeMembers(FileChannel out) throws IOException {
    List<PlannedMember> members = ChunkSplitter.split(order.entries(), options.chunkSize());
    // Enough for all threads to have work while this one writes, and little enough to be held.
    int window = 2 * threads.count() + 2;
    try (OrderedWork<Compressed> work = new OrderedWork<>(threads.workers())) {
      for (int start = 0; start < members.size(); ) {
        int end = batchEnd(members, start);
        List<PlannedMember> batch = members.subList(start, end);
        work.add(() -> compress(batch));
        if (work.pending() == window) {
          write(work.take(), out);
        }
        start = end;
      }
      while (work.pending() > 0) {
        write(work.take(), out);
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
    return free != null ? free : new MemberCompressor(options.compressionLevel());
  }

  private void write(Compressed batch, FileChannel out) throws IOException {
    long offset = written;
    for (int i = 0; i < batch.sizes().size(); i++) {
      Digest digest = batch.chunkDigests().get(i);
      if (digest != null) {
        chunks.add(new TocRows.WrittenChunk(offset, digest));
      }
      offset += batch.sizes().get(i);
    }
    write(batch.bytes(), out);
  }

  private Digest writeToc(List<@Nullable Digest> fileDigests, FileChannel out) throws IOException {
    Toc toc = TocRows.toc(order.placed(), fileDigests, chunks, options.chunkSize());
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    TocJson.write(toc, json);
    byte[] bytes = json.toByteArray();
    byte[] header = TarWriter.header(Toc.ENTRY_NAME, bytes.length);
    byte[] end = new byte[TarWriter.padding(bytes.length) + TarWriter.END_OF_ARCHIVE];
    List<byte[]> content = List.of(header, bytes, end);
    content.forEach(tarHash::add);
    MemberCompressor compressor = takeCompressor();
    try {
      write(ByteBuffer.wrap(compressor.compress(content)), out);
    } finally {
      idle.add(compressor);
    }
    return Digest.of(bytes);
  }

  private void write(ByteBuffer bytes, FileChannel out) throws IOException {
    blobHash.update(bytes.duplicate());
    written += bytes.remaining();
    while (bytes.hasRemaining()) {
      out.write(bytes);
    }
  }
}
