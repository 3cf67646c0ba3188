package io.loadstar.lazy;

import io.loadstar.layer.LayerTree;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * Which files of one mounted layer were read, and in which order: the first read of each while it
 * is switched on.
 *
 * <p>Thread-safe. A read of a file that was read before costs a look at one bit; only the first
 * makes an object and takes the lock. A file counts when its bytes were handed out, so one that was
 * merely opened, or is empty, doesn't: nothing of it would have to be fetched. It is kept in mind
 * once, whatever the number of its names.
 */
public final class AccessRecord {

  /** How many files are kept in mind at most, about 60 bytes each; more are only counted. */
  public static final int MAX_FILES = 250_000;

  private static final AccessRecord NONE = new AccessRecord(0);

  /** A word of {@link #seen} has the bits of 2 to the power of this many inodes. */
  private static final int WORD_BITS = 6;

  private static final VarHandle WORDS = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] seen;
  private final Object lock = new Object();
  private final List<FirstRead> reads = new ArrayList<>();
  private long dropped;
  private volatile boolean on;

  private AccessRecord(long maxInode) {
    this.seen = new long[Math.toIntExact((maxInode >> WORD_BITS) + 1)];
  }

  /** One for a layer, switched off. */
  public static AccessRecord of(LayerTree tree) {
    return new AccessRecord(tree.maxInode());
  }

  /** Nothing is recorded; it can't be switched on. */
  public static AccessRecord none() {
    return NONE;
  }

  /**
   * The first read of a file. Immutable.
   *
   * @param nanos when it came, as {@link System#nanoTime} tells it
   * @param inode the file's number in the layer's tree
   * @param offset from where in the file it read, in bytes
   * @param waitNanos how long it took until the bytes were there; 0 if they were
   * @param source where they came from
   */
  public record FirstRead(long nanos, long inode, long offset, long waitNanos, Source source) {}

  /** Where a read's bytes came from. */
  public enum Source {
    /** The content store had them. */
    STORE,
    /** The reader had to wait for some of them. */
    FETCH
  }

  /** Records from now on. */
  public void switchOn() {
    if (this == NONE) {
      throw new IllegalStateException("this record records nothing");
    }
    on = true;
  }

  /** Records nothing from now on; a read that began before may still be. */
  public void switchOff() {
    on = false;
  }

  /** What was recorded, in the order in which the reads came; a list of its own. */
  public List<FirstRead> reads() {
    List<FirstRead> copy;
    synchronized (lock) {
      copy = new ArrayList<>(reads);
    }
    copy.sort(Comparator.comparingLong(FirstRead::nanos)); // stable: ties stay as they came
    return copy;
  }

  /** How many files were read that didn't fit any more. */
  public long dropped() {
    synchronized (lock) {
      return dropped;
    }
  }

  /** A read was answered at once. */
  void answered(long inode, long offset) {
    if (on && isFirst(inode)) {
      add(new FirstRead(System.nanoTime(), inode, offset, 0, Source.STORE));
    }
  }

  /** A read was answered that came at {@code nanos} and had to wait. */
  void answeredLate(long inode, long offset, long nanos) {
    if (on && isFirst(inode)) {
      add(new FirstRead(nanos, inode, offset, System.nanoTime() - nanos, Source.FETCH));
    }
  }

  private boolean isFirst(long inode) {
    int word = (int) (inode >> WORD_BITS);
    long bit = 1L << inode;
    return ((long) WORDS.getOpaque(seen, word) & bit) == 0
        && ((long) WORDS.getAndBitwiseOr(seen, word, bit) & bit) == 0;
  }

  private void add(FirstRead read) {
    synchronized (lock) {
      if (reads.size() < MAX_FILES) {
        reads.add(read);
      } else {
        dropped++;
      }
    }
  }
}
