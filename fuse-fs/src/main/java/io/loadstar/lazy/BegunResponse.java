package io.loadstar.lazy;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.RangeInputStream;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.List;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One range of a blob, asked for before anybody knows which of its bytes are wanted. Thread-safe;
 * taken once, or given up.
 *
 * <p>Its own thread reads the response into memory, as far as there is room, until somebody takes
 * it; who does gets what has come, and reads the rest of the response himself, while that thread
 * waits for his end. Nobody waits while he holds the lock, but for being told.
 */
final class BegunResponse {

  /** What is read at once, in bytes. */
  static final int PIECE = 64 << 10;

  /** What isn't taken by then is given up: servers close what is stuck. */
  private static final long PATIENCE = TimeUnit.SECONDS.toNanos(5);

  private static final Logger LOG = LoggerFactory.getLogger(BegunResponse.class);

  private final BlobSource source;
  private final ByteRange range;
  private final Line line;
  private final Semaphore room;
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private final ArrayDeque<ByteBuffer> pieces = new ArrayDeque<>();
  private long arrived;
  private boolean taken;

  /** Whoever took it needs nothing more, or nobody takes it any more. */
  private boolean over;

  /** All that comes has come, or the rest is left to who has taken it. */
  private boolean handedOver;

  private @Nullable InputStream rest;
  private @Nullable IOException failure;

  /** What is left of the piece that is being read by who has taken it; his alone. */
  private ByteBuffer piece = ByteBuffer.allocate(0);

  /**
   * @param range of the blob
   * @param room has a permit for each {@link #PIECE} that may be in memory
   */
  BegunResponse(BlobSource source, ByteRange range, Line line, Semaphore room) {
    this.source = source;
    this.range = range;
    this.line = line;
    this.room = room;
  }

  /** Asks for it, and returns when it is over. On a virtual thread. */
  void run() {
    long askedAt = System.nanoTime();
    try (LineGate.Passage passage = line.gate().enter(Urgency.PREFETCH)) {
      LOG.debug("layer {}: asking for {} before it is mounted", source.digest(), range);
      source.readRanges(
          List.of(range),
          (_, bytes) -> {
            try (InputStream measured = line.meter().measured(bytes, askedAt)) {
              hold(measured, passage);
            }
          });
    } catch (IOException | RuntimeException e) {
      fail(e instanceof IOException cause ? cause : new IOException(e));
    }
  }

  private void hold(InputStream bytes, LineGate.Passage passage) throws IOException {
    try {
      boolean more = true;
      while (more && !isTaken() && passage.awaitTurn(this::isTaken) && room.tryAcquire()) {
        more = add(bytes);
      }
      handOver(bytes);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while holding what nobody has taken yet");
    }
  }

  private boolean isTaken() {
    lock.lock();
    try {
      return taken || over;
    } finally {
      lock.unlock();
    }
  }

  /** Reads a piece, for which there is room; whether that wasn't the last. */
  private boolean add(InputStream bytes) throws IOException {
    byte[] piece = new byte[PIECE];
    int length = 0;
    try {
      length = bytes.readNBytes(piece, 0, PIECE);
    } finally {
      hold(ByteBuffer.wrap(piece, 0, length));
    }
    return length == PIECE;
  }

  private void hold(ByteBuffer piece) {
    lock.lock();
    try {
      if (over || !piece.hasRemaining()) {
        room.release();
        return;
      }
      pieces.add(piece);
      arrived += piece.remaining();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Lets whoever takes it, or has, read the rest; returns when he has. */
  private void handOver(InputStream bytes) throws InterruptedException {
    long patience = PATIENCE;
    lock.lock();
    try {
      rest = bytes;
      handedOver = true;
      changed.signalAll();
      while (!over) {
        if (taken) {
          changed.await();
        } else if (patience <= 0) {
          giveUp();
        } else {
          patience = changed.awaitNanos(patience);
        }
      }
      rest = null;
    } finally {
      lock.unlock();
    }
  }

  private void fail(IOException cause) {
    lock.lock();
    try {
      failure = cause;
      handedOver = true;
      if (!taken) {
        giveUp();
      }
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** Called with the lock. */
  private void giveUp() {
    over = true;
    room.release(pieces.size());
    pieces.clear();
    changed.signalAll();
  }

  /** Ends it, unless somebody has taken it: then it ends when he is done. */
  void drop() {
    lock.lock();
    try {
      if (!taken) {
        giveUp();
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The bytes of {@code wanted}, if they are on their way here.
   *
   * @param wanted a part of what was asked for
   * @param gap how many bytes that aren't here yet are waited for rather than to ask anew
   * @return to be closed by the caller; null if these bytes aren't brought soon
   */
  @Nullable InputStream take(ByteRange wanted, long gap) throws IOException {
    long before = wanted.offset() - range.offset();
    lock.lock();
    try {
      if (taken || over || before < 0 || wanted.end() > range.end() || before > arrived + gap) {
        return null;
      }
      taken = true;
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    line.gate().joined();
    InputStream bytes = new Taken(ByteRange.between(range.offset(), wanted.end()));
    try {
      bytes.skipNBytes(before);
      return bytes;
    } catch (IOException e) {
      bytes.close();
      throw e;
    }
  }

  /** What has come, and then the rest: for who has taken it. */
  private int readTaken(byte[] target, int start, int length) throws IOException {
    while (!piece.hasRemaining()) {
      InputStream direct = nextPiece();
      if (direct != null) {
        return direct.read(target, start, length);
      }
    }
    int count = Math.min(length, piece.remaining());
    piece.get(target, start, count);
    return count;
  }

  /** Goes on to the next piece; or what to read from if there is none any more. */
  private @Nullable InputStream nextPiece() throws IOException {
    lock.lock();
    try {
      while (pieces.isEmpty() && !handedOver) {
        changed.await();
      }
      ByteBuffer next = pieces.poll();
      if (next != null) {
        room.release();
        piece = next;
        return null;
      }
      if (failure != null) {
        throw failure;
      }
      InputStream direct = rest;
      if (direct == null) {
        throw new EOFException("read after it was closed");
      }
      return direct;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } finally {
      lock.unlock();
    }
  }

  /** Ends with the response when it is closed. */
  private final class Taken extends FilterInputStream {

    Taken(ByteRange bytes) {
      super(
          new RangeInputStream(
              bytes, (_, _, target, start, length) -> readTaken(target, start, length)));
    }

    @Override
    public void close() {
      lock.lock();
      try {
        giveUp();
      } finally {
        lock.unlock();
      }
    }
  }
}
