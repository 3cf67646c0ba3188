package io.loadstar.deflate;

import io.loadstar.deflate.BlockWriter.Position;

/**
 * Compresses to deflate data (RFC 1951).
 *
 * <p>What comes out depends on the content and the level alone: not on the machine, nor on the
 * JDK's zlib, whose bytes change with its version and its builder, nor on the pieces in which the
 * content came. {@link #NAME} and {@link #VERSION} name those bytes.
 *
 * <p>Matches are found by chains of hashes. Before one is taken, a better one is looked for at the
 * next positions ("lazy matching"); codes are made for each block, and blocks end where the content
 * changes. Not thread-safe; made to be used again.
 */
public final class DeflateEncoder {

  /** Says whose bytes these are. */
  public static final String NAME = "loadstar-deflate";

  /** Goes up whenever some content gives other bytes than before. */
  public static final int VERSION = 1;

  /** The highest level: the smallest output. */
  public static final int MAX_LEVEL = 9;

  /** At the start of a block its literals are looked at so far; less than that isn't compressed. */
  private static final int LOOK_AHEAD = 4096;

  /** A match begun in it may make a block longer than it should be. */
  private static final int KEPT =
      MatchFinder.WINDOW + Block.MAX_BYTES + Symbols.MAX_MATCH + LOOK_AHEAD;

  private static final int PIECE = 128 << 10;

  /** A match so short costs more than its literals if it lies farther back. */
  private static final int FARTHEST_OF_THREE = 4096;

  private final Effort effort;
  private final BlockWriter writer;
  private final byte[] content = new byte[KEPT + PIECE + Long.BYTES];
  private final MatchFinder finder = new MatchFinder(content);
  private final MatchFinder.Search now;
  private final MatchFinder.Search next;
  private final MatchFinder.Search overnext;
  private final Block block = new Block();

  /** Where content ends, where it isn't compressed yet, where the block begins. */
  private int end;

  private int at;
  private int blockStart;
  private int shortest = Symbols.MIN_MATCH;

  /**
   * @param level from 0, as it is, to 9, smallest
   * @param out where the bytes go
   */
  public DeflateEncoder(int level, BitOutput out) {
    this.effort = Effort.of(level);
    this.writer = new BlockWriter(out);
    this.now = new MatchFinder.Search(effort.depth(), effort.nice());
    this.next = new MatchFinder.Search(effort.depth() >> 1, effort.nice());
    this.overnext = new MatchFinder.Search(effort.depth() >> 2, effort.nice());
  }

  /** Begins anew. The output's last byte must be full. */
  public void begin() {
    finder.begin(end);
    end = 0;
    at = 0;
    beginBlock();
  }

  /** Adds content. */
  public void add(byte[] bytes, int start, int count) {
    int taken = 0;
    while (taken < count) {
      int part = Math.min(count - taken, content.length - Long.BYTES - end);
      System.arraycopy(bytes, start + taken, content, end, part);
      end += part;
      taken += part;
      if (end == content.length - Long.BYTES) {
        compress(end - LOOK_AHEAD);
        makeRoom();
      }
    }
  }

  /** Compresses what is left, and ends the data and its last byte. */
  public void end() {
    compress(end);
    endBlock(Position.LAST);
    writer.align();
  }

  private void compress(int limit) {
    if (effort.depth() == 0) {
      writer.writeStored(content, at, limit - at, Position.MORE_FOLLOW);
      at = limit;
      blockStart = at;
      return;
    }
    while (at < limit) {
      if (block.isComplete()) {
        endBlock(Position.MORE_FOLLOW);
      }
      step();
    }
  }

  private void endBlock(Position position) {
    writer.write(block, content, blockStart, position);
    beginBlock();
  }

  private void beginBlock() {
    block.clear();
    blockStart = at;
  }

  /** Takes one match, and literals before it, or one literal. */
  private void step() {
    if (at == blockStart) {
      shortest = Literals.shortestMatch(content, at, Math.min(end, at + LOOK_AHEAD));
    }
    int length = find(at, shortest - 1, now);
    int distance = finder.distance();
    if (length < shortest || (length == Symbols.MIN_MATCH && distance > FARTHEST_OF_THREE)) {
      block.addLiteral(content[at++]);
      return;
    }
    int known = at + 1;
    boolean improving = effort.lazy() > 0;
    while (improving && length < effort.nice()) {
      int ahead = 0;
      for (int each = 1; each <= effort.lazy() && ahead == 0; each++) {
        int other = find(at + each, length - 1, each == 1 ? next : overnext);
        known = at + each + 1;
        if (other >= length && isBetter(other, length, distance, each)) {
          ahead = each;
          length = other;
          distance = finder.distance();
        }
      }
      for (int i = 0; i < ahead; i++) {
        block.addLiteral(content[at++]);
      }
      improving = ahead > 0 && !block.isFull();
    }
    take(length, distance, known);
  }

  private int find(int position, int atLeast, MatchFinder.Search search) {
    return end - position < MatchFinder.HASHED
        ? atLeast
        : finder.find(position, end, atLeast, search);
  }

  /** Whether another match is worth the literals before it: a byte is about a distance's 16fold. */
  private boolean isBetter(int other, int length, int distance, int literals) {
    int nearer = log2(distance) - log2(finder.distance());
    return 4 * (other - length) + nearer > 4 * literals - 2;
  }

  private static int log2(int value) {
    return Integer.SIZE - 1 - Integer.numberOfLeadingZeros(value);
  }

  private void take(int length, int distance, int known) {
    block.addMatch(length, distance);
    at += length;
    int last = Math.min(at, end - MatchFinder.HASHED + 1);
    for (int each = known; each < last; each++) {
      finder.add(each);
    }
  }

  private void makeRoom() {
    int dropped = Math.min(blockStart, Math.max(0, at - MatchFinder.WINDOW));
    System.arraycopy(content, dropped, content, 0, end - dropped);
    finder.moved(dropped);
    end -= dropped;
    at -= dropped;
    blockStart -= dropped;
  }
}
