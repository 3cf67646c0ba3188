package io.loadstar.lazy;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.RangeInputStream;
import java.io.ByteArrayInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A blob in memory that notes each request, and whose answers a test can stop, cut, spoil and
 * refuse. Thread-safe.
 */
public final class TestBlobSource implements BlobSource {

  private final byte[] blob;
  private final Digest digest;
  private final List<ByteRange> requests = new CopyOnWriteArrayList<>();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();

  // Guarded by lock.
  private long gate = Long.MAX_VALUE;
  private boolean refusing;
  private boolean closed;
  private int waiting;
  private int broken;
  private long furthest;

  TestBlobSource(byte[] blob, Digest digest) {
    this.blob = blob;
    this.digest = digest;
  }

  /** All ranges that were asked for, in that order. */
  public List<ByteRange> requests() {
    return List.copyOf(requests);
  }

  public void forgetRequests() {
    requests.clear();
  }

  /** From now on no byte of the blob at {@code offset} or behind is answered. */
  public void holdFrom(long offset) {
    set(() -> gate = offset);
  }

  /** Answers whatever is waiting, and all to come. */
  public void release() {
    set(() -> gate = Long.MAX_VALUE);
  }

  /** Whether requests are refused from now on. */
  public void refuse(boolean refuse) {
    set(() -> refusing = refuse);
  }

  /** Has the answers that stand at the gate now break off; not those to come. */
  public void breakWaiting() {
    set(() -> broken += waiting);
  }

  /** Inverts one byte, until it is done again. */
  public void spoil(long offset) {
    set(() -> blob[(int) offset] ^= (byte) 0xff);
  }

  public boolean isClosed() {
    lock.lock();
    try {
      return closed;
    } finally {
      lock.unlock();
    }
  }

  /** Returns when {@code count} requests stand at the gate. */
  public void awaitHeld(int count) throws InterruptedException {
    long left = java.util.concurrent.TimeUnit.SECONDS.toNanos(30);
    lock.lock();
    try {
      while (waiting < count) {
        left = changed.awaitNanos(left);
        if (left <= 0) {
          throw new AssertionError("only " + waiting + " requests came, not " + count);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  /** Returns when the byte at {@code offset} has been taken. */
  public void awaitTaken(long offset) throws InterruptedException {
    long left = java.util.concurrent.TimeUnit.SECONDS.toNanos(30);
    lock.lock();
    try {
      while (furthest <= offset) {
        left = changed.awaitNanos(left);
        if (left <= 0) {
          throw new AssertionError("byte " + offset + " wasn't taken");
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void set(Runnable change) {
    lock.lock();
    try {
      change.run();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many bytes may be answered at {@code offset} now: waits until there is one. */
  private int passGate(long offset, int wanted) throws IOException {
    lock.lock();
    try {
      waiting++;
      changed.signalAll();
      while (offset >= gate && !refusing && !closed && broken == 0) {
        changed.await();
      }
      if (broken > 0) {
        broken--;
        throw new IOException("the test breaks it off");
      }
      if (refusing || closed) {
        throw new IOException(closed ? "the source is closed" : "the test refuses");
      }
      return (int) Math.min(wanted, gate - offset);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted");
    } finally {
      waiting--;
      lock.unlock();
    }
  }

  @Override
  public Digest digest() {
    return digest;
  }

  @Override
  public long size() {
    return blob.length;
  }

  @Override
  public void readRanges(List<ByteRange> ranges, RangeReceiver receiver) throws IOException {
    for (ByteRange range : ranges) {
      requests.add(range);
      if (range.end() > blob.length) {
        throw new EOFException("no such range: " + range);
      }
      passGate(range.offset(), 1); // a held answer doesn't begin
      receiver.receive(range, new RangeInputStream(range, this::read));
    }
  }

  @Override
  public void check() {}

  @Override
  public void close() {
    set(() -> closed = true);
  }

  private int read(long position, long end, byte[] target, int start, int length)
      throws IOException {
    int allowed = passGate(position, length);
    lock.lock();
    try {
      furthest = Math.max(furthest, position + allowed);
      changed.signalAll();
      return new ByteArrayInputStream(blob, (int) position, allowed).read(target, start, allowed);
    } finally {
      lock.unlock();
    }
  }
}
