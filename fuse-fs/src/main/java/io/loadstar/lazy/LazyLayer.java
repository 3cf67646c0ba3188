package io.loadstar.lazy;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.cache.ContentStore;
import io.loadstar.format.BlobFormat;
import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/**
 * A layer whose bytes arrive when they are read: its tree is here, its chunks are in the node's
 * store or come from its source.
 *
 * <p>Thread-safe. Made by {@link LazyNode#open}; whoever asked for it closes it, and with it the
 * source.
 */
public final class LazyLayer implements Closeable {

  /** What {@link #tryRead} answers when the bytes aren't in the store. */
  public static final int WOULD_WAIT = Integer.MIN_VALUE;

  private final LazyNode node;
  private final LayerTree tree;
  private final BlobFormat format;
  private final BlobSource source;
  private final LayerIndex index;
  private final LayerLedger ledger;
  private final AccessRecord record;
  private final ReadMembers read;
  private final StartRecord start;
  private final ChunkReader reader;
  private final ImageFiles image;
  private final Line line;
  private final ReadAhead readAhead;
  private final LayerStreams streams;
  private volatile boolean guesses;
  private volatile boolean closed;

  LazyLayer(LazyNode node, Content content, Access access, Books books) {
    this.node = node;
    this.tree = content.tree();
    this.format = content.format();
    this.source = content.source();
    this.index = access.index;
    this.ledger = books.ledger();
    this.record = books.record();
    this.read = access.read;
    this.start = node.startRecord(this);
    this.image = access.image;
    this.line = access.line;
    this.readAhead = access.readAhead;
    this.streams = new LayerStreams(access.index);
    this.reader = new ChunkReader(this, node.store());
  }

  /**
   * What a lazy layer is made of.
   *
   * @param tree of the verified TOC, as it is to be shown
   * @param format how the blob's members are compressed
   * @param source where its bytes come from; becomes the layer's, which closes it
   */
  public record Content(LayerTree tree, BlobFormat format, BlobSource source) {}

  /** What is written down about it. */
  record Books(LayerLedger ledger, AccessRecord record) {}

  /**
   * How it gets at its bytes.
   *
   * @param line to where its bytes come from
   * @param image where its neighbours are
   * @param read what readers were given of it
   */
  record Access(
      LayerIndex index, Line line, ImageFiles image, ReadMembers read, ReadAhead readAhead) {}

  /** The tree whose files can be read. */
  public LayerTree tree() {
    return tree;
  }

  /** The blob's digest. */
  public Digest digest() {
    return source.digest();
  }

  /**
   * Reads what is in the store, without waiting for more than a local disk.
   *
   * @param file the number of a regular file of {@link #tree}
   * @param offset from where in the file, 0 or more
   * @param destination gets as many bytes as it has room for, up to the file's end
   * @return how many, 0 at the file's end and behind it; or {@link #WOULD_WAIT}, with the position
   *     left where it was
   */
  public int tryRead(long file, long offset, ByteBuffer destination) {
    int count = reader.tryRead(file, offset, destination);
    if (count > 0) {
      ledger.served(count);
      record.answered(file, offset);
    }
    return count;
  }

  /**
   * The whole file as one in the store, for a transport that hands it to the kernel. Returns at
   * once; one that is here in pieces is put together for the next time.
   *
   * @param file the number of a regular file of {@link #tree}
   * @return held until the caller closes it; null if it isn't here, checked and in one piece
   */
  public ContentStore.@Nullable HeldFile holdWhole(long file) {
    return tree.inode(file) instanceof Inode.RegularFile regular
        ? node.wholeFiles().hold(index, regular)
        : null;
  }

  /**
   * Reads, fetching what isn't in the store. Returns at once.
   *
   * @param file the number of a regular file of {@link #tree}
   * @param offset from where in the file, 0 or more
   * @param destination as in {@link #tryRead}; mustn't be touched until {@code listener} is told
   * @param listener is told once, from any thread, perhaps before this returns, and is quick. It is
   *     told of a failure if a chunk can't be had or is wrong, if it takes longer than the node's
   *     wait limit, and if layer or node are closed
   */
  public void read(long file, long offset, ByteBuffer destination, ReadListener listener) {
    long came = System.nanoTime();
    ReadListener counting =
        (count, failure) -> {
          if (failure == null && count > 0) {
            ledger.served(count);
            record.answeredLate(file, offset, came);
            given(file, offset, count);
          }
          listener.ended(count, failure);
        };
    serve(file, offset, destination, new Served(counting, ledger::waited));
  }

  /** As {@link #read}, and nobody takes it for a reader's. */
  void foresee(long file, long offset, ByteBuffer destination, ReadListener listener) {
    serve(file, offset, destination, new Served(listener, () -> {}));
  }

  /** Who is told of a read. */
  private record Served(ReadListener listener, Runnable waits) {}

  private void serve(long file, long offset, ByteBuffer destination, Served served) {
    ReadListener listener = served.listener;
    if (closed) {
      listener.ended(0, new IOException(digest() + ": the layer is closed"));
    } else if (reader.countOf(file, offset, destination) == 0) {
      listener.ended(0, null);
    } else {
      node.serve(this, reader.partsOf(file, offset, destination, listener), served.waits);
    }
  }

  /**
   * Fetches what lies in front of the layer's prefetch landmark, in one request but for larger
   * pieces that nobody is known to read; of a layer that names nothing, what earlier starts on this
   * node read; if nothing is known of them and it has no landmark at all, as much of its beginning
   * as the node's options say. Leaves out what is here. Returns at once.
   *
   * @param begun what of it was asked for before; is given up when it isn't needed any more
   * @return ends when the bytes have arrived, or couldn't be had: that is logged, and isn't an
   *     error, since readers fetch what they need
   */
  public CompletableFuture<Void> prefetch(HeadStart begun) {
    return node.prefetch(this, begun);
  }

  /** Has the rest of the layer fetched in the background, if the node's options want that. */
  public void fetchInBackground() {
    node.fetchInBackground(this);
  }

  /**
   * What readers were given of a file since the layer was opened, as far as that is known: members
   * are.
   *
   * @param file the number of a regular file of {@link #tree}
   * @return parts of the file, each behind the one before; neighbours are joined
   */
  public List<ByteRange> partsGiven(long file) {
    List<ByteRange> parts = new ArrayList<>();
    int first = index.chunkCount(file) == 0 ? 0 : index.find(file, 0);
    for (int chunk = first; chunk < first + index.chunkCount(file); chunk++) {
      if (read.has(index.memberOf(chunk))) {
        long from = index.fileOffset(chunk);
        boolean joined = !parts.isEmpty() && parts.getLast().end() == from;
        long start = joined ? parts.removeLast().offset() : from;
        parts.add(ByteRange.between(start, from + index.chunkSize(chunk)));
      }
    }
    return parts;
  }

  /** How far it has come. */
  public LayerReport report() {
    return ledger.report();
  }

  /** Whether it was closed. */
  public boolean isClosed() {
    return closed;
  }

  LayerIndex index() {
    return index;
  }

  LayerLedger ledger() {
    return ledger;
  }

  Line line() {
    return line;
  }

  ReadAhead readAhead() {
    return readAhead;
  }

  LayerStreams streams() {
    return streams;
  }

  private void given(long file, long offset, int count) {
    int last = index.find(file, offset + count - 1);
    for (int chunk = index.find(file, offset); chunk <= last; chunk++) {
      given(file, chunk);
    }
  }

  /** A reader was given something of a chunk. */
  void given(long file, int chunk) {
    int member = index.memberOf(chunk);
    if (read.add(member)) {
      start.add(member);
      line.gate().readAnew();
      if (guesses && index.fileOffset(chunk) == 0) {
        node.foresight().begun(this, file);
      }
    }
  }

  /** From now on, what is read first is guessed: nobody knows it. */
  void guess() {
    guesses = true;
    node.foresight().starts(image);
  }

  /** Whether what is read first is guessed. */
  boolean isGuessedAbout() {
    return guesses;
  }

  /** The files of its image. */
  ImageFiles image() {
    return image;
  }

  /** A reader is at {@code offset} of the blob and needs no fetch of his own for it. */
  void passed(long offset) {
    if (readAhead.isHeardAt(offset)) {
      node.fetchAhead(this, readAhead.passed(offset));
    }
  }

  StartRecord start() {
    return start;
  }

  BlobFormat format() {
    return format;
  }

  BlobSource source() {
    return source;
  }

  /** Ends it: fetches under way through its source fail, and so do its readers. */
  @Override
  public void close() throws IOException {
    closed = true;
    node.forget(this);
    node.learn(this);
    source.close();
  }
}
