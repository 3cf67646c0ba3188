package io.loadstar.transport.kernel;

import org.jspecify.annotations.Nullable;

/**
 * Frames for replies, shared by all mounts. Thread-safe.
 *
 * <p>A frame belongs to who took it. Of two sizes, so that many small reads that wait don't take a
 * mebibyte each.
 */
final class FramePool {

  static final int SMALL = 128 << 10;
  static final int LARGE = Agreement.MAX_READ;

  /** How many are kept for the next time: 4 MiB of small ones, 16 MiB of large ones. */
  private static final int SMALL_KEPT = 32;

  private static final int LARGE_KEPT = 16;

  private final Stack small = new Stack(SMALL_KEPT);
  private final Stack large = new Stack(LARGE_KEPT);

  /** One that holds a reply of {@code size} bytes, or as many as there may be. */
  Frame take(int size) {
    boolean fits = size <= SMALL;
    Frame frame = (fits ? small : large).take();
    if (frame == null) {
      return new Frame(fits ? SMALL : LARGE);
    }
    frame.bytes().clear(); // an answer that was shorter has left its limit
    return frame;
  }

  /** Takes back one that nobody uses any more. */
  void giveBack(Frame frame) {
    (frame.room() == SMALL ? small : large).add(frame);
  }

  /** An array and not a queue of the JDK: those make an object for each element. */
  private static final class Stack {
    private final @Nullable Frame[] frames;
    private int count;

    Stack(int most) {
      frames = new Frame[most];
    }

    synchronized @Nullable Frame take() {
      if (count == 0) {
        return null;
      }
      Frame frame = frames[--count];
      frames[count] = null;
      return frame;
    }

    synchronized void add(Frame frame) {
      if (count < frames.length) {
        frames[count++] = frame;
      }
    }
  }
}
