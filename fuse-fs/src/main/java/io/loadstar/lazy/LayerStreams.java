package io.loadstar.lazy;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which stretches of one layer are on their way in a response already, so that nobody asks for them
 * twice. Thread-safe; the lock guards a short list.
 *
 * <p>A response brings its members one after the other. Who is on the way to what it brings soon
 * waits for it. Who is far in front of it and on his way takes over: the response is cut where he
 * is, and what he asks for himself goes on from there.
 */
final class LayerStreams {

  /**
   * A response that is cut costs a connection, and what is on the way: less than this isn't worth
   * it, and is fetched beside it, twice.
   */
  static final int WORTH_A_CUT = 2 << 20;

  private final LayerIndex index;
  private final Object lock = new Object();
  private final List<Stretch> stretches = new ArrayList<>();

  LayerStreams(LayerIndex index) {
    this.index = index;
  }

  /** Members that one response is to bring. Closed by whoever reads it. */
  final class Stretch implements AutoCloseable {
    private int next;
    private int end;

    private Stretch(int first, int end) {
      this.next = first;
      this.end = end;
    }

    /** Gives up what lies at {@code member} and behind it. */
    void endAt(int member) {
      synchronized (lock) {
        end = Math.min(end, member);
      }
    }

    /** The first member that hasn't been claimed. */
    int next() {
      synchronized (lock) {
        return next;
      }
    }

    /** Everything up to {@code member} has been claimed. */
    void reached(int member) {
      synchronized (lock) {
        next = Math.max(next, member);
      }
    }

    /** The number behind its last member; others may lower it. */
    int end() {
      synchronized (lock) {
        return end;
      }
    }

    @Override
    public void close() {
      synchronized (lock) {
        stretches.remove(this);
      }
    }
  }

  /**
   * Begins a stretch for who needs its beginning: from {@code first} up to, but not including,
   * {@code end} or what another is to bring.
   */
  Stretch begin(int first, int end) {
    synchronized (lock) {
      Stretch stretch = new Stretch(first, Math.min(end, taken(first)));
      stretches.add(stretch);
      return stretch;
    }
  }

  /**
   * As {@link #begin}, of what nobody needs at once: it begins behind what others are to bring.
   *
   * @return null if they bring it all
   */
  @Nullable Stretch beginFree(int first, int end) {
    synchronized (lock) {
      int free = free(first);
      return free < end ? begin(free, end) : null;
    }
  }

  /** The first member from {@code from} on that nobody is to bring. */
  int firstFree(int from) {
    synchronized (lock) {
      return free(from);
    }
  }

  private int free(int from) {
    int member = from;
    for (int i = 0; i < stretches.size(); i++) {
      Stretch stretch = stretches.get(i);
      if (member >= stretch.next && member < stretch.end) {
        member = stretch.end;
        i = -1; // which may lie in one that was passed
      }
    }
    return member;
  }

  /**
   * Where a request begins that is made for a reader who comes to {@code from}: behind what others
   * bring soon. What they don't bring soon they leave to it, if it is long.
   *
   * @param bytes how long the request would be from there on, in compressed bytes
   */
  int startFor(int from, long bytes) {
    synchronized (lock) {
      int member = from;
      for (int i = 0; i < stretches.size() && member < index.members(); i++) {
        Stretch stretch = stretches.get(i);
        if (member < stretch.next || member >= stretch.end) {
          continue;
        }
        if (index.start(member) - index.start(stretch.next) <= MemberStream.CLAIM_AHEAD) {
          member = stretch.end;
          i = -1;
        } else if (bytes >= WORTH_A_CUT) {
          stretch.end = member;
        }
      }
      return member;
    }
  }

  /**
   * The first member behind {@code from} that somebody is to bring; the number of all if none is.
   */
  int firstTaken(int from) {
    synchronized (lock) {
      return taken(from);
    }
  }

  private int taken(int from) {
    int member = index.members();
    for (Stretch stretch : stretches) {
      if (stretch.next > from && stretch.next < stretch.end) {
        member = Math.min(member, stretch.next);
      }
    }
    return member;
  }
}
