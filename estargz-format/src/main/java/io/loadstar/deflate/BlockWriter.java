package io.loadstar.deflate;

/**
 * Writes blocks in the shortest of the three ways there are: with codes of their own, with the
 * fixed ones, or as they are (RFC 1951, section 3.2.3). Not thread-safe.
 */
final class BlockWriter {

  private static final int STORED = 0;
  private static final int FIXED = 1;
  private static final int OWN_CODES = 2;

  /** BFINAL and BTYPE. */
  private static final int HEADER_BITS = 3;

  /** LEN has 16 bits. */
  private static final int MAX_STORED = 0xffff;

  /** LEN and NLEN. */
  private static final int STORED_HEADER_BITS = 32;

  private static final int MAX_LITERAL_BITS = 15;

  private static final HuffmanCode FIXED_LITERALS = HuffmanCode.fixedLiterals();
  private static final HuffmanCode FIXED_DISTANCES = HuffmanCode.fixedDistances();

  private final BitOutput out;
  private final HuffmanCode literals =
      new HuffmanCode(Symbols.LITERALS_AND_LENGTHS, MAX_LITERAL_BITS);
  private final HuffmanCode distances = new HuffmanCode(Symbols.DISTANCES, MAX_LITERAL_BITS);
  private final CodeLengths codeLengths = new CodeLengths();

  BlockWriter(BitOutput out) {
    this.out = out;
  }

  /**
   * Writes {@code block}, which this may change.
   *
   * @param content holds what the block stands for
   * @param start where
   * @param last BFINAL
   */
  void write(Block block, byte[] content, int start, Position last) {
    block.literals[Symbols.END_OF_BLOCK] = 1;
    literals.of(block.literals);
    distances.of(block.distances);
    long extra = extraBits(block);
    long own = codeLengths.of(literals, distances) + bits(block, literals, distances);
    long fixed = bits(block, FIXED_LITERALS, FIXED_DISTANCES);
    if (storedBits(block.bytes()) <= Math.min(own, fixed) + extra) {
      writeStored(content, start, block.bytes(), last);
    } else if (fixed <= own) {
      begin(FIXED, last);
      writeSymbols(block, FIXED_LITERALS, FIXED_DISTANCES);
    } else {
      begin(OWN_CODES, last);
      codeLengths.write(out);
      writeSymbols(block, literals, distances);
    }
  }

  /** Where a block stands. */
  enum Position {
    MORE_FOLLOW,
    LAST
  }

  /** Writes {@code count} bytes as they are. */
  void writeStored(byte[] content, int start, int count, Position last) {
    int written = 0;
    do {
      int part = Math.min(count - written, MAX_STORED);
      boolean end = written + part == count;
      begin(STORED, end ? last : Position.MORE_FOLLOW);
      out.align();
      out.littleEndian(part | ~part << 16);
      out.bytes(content, start + written, part);
      written += part;
    } while (written < count);
  }

  /** Fills the last byte up. */
  void align() {
    out.align();
  }

  private void begin(int type, Position last) {
    out.bits((last == Position.LAST ? 1 : 0) | type << 1, HEADER_BITS);
    out.flush();
  }

  /** At most: how much of a byte is to be filled up isn't looked at. */
  private static long storedBits(int count) {
    long blocks = Math.max(1, (count + MAX_STORED - 1) / MAX_STORED);
    return 8L * count + blocks * (HEADER_BITS + 7 + STORED_HEADER_BITS) - HEADER_BITS;
  }

  private static long bits(Block block, HuffmanCode literals, HuffmanCode distances) {
    long bits = 0;
    for (int i = 0; i < block.literals.length; i++) {
      bits += (long) block.literals[i] * literals.lengths[i];
    }
    for (int i = 0; i < block.distances.length; i++) {
      bits += (long) block.distances[i] * distances.lengths[i];
    }
    return bits;
  }

  private static long extraBits(Block block) {
    long bits = 0;
    for (int i = Symbols.FIRST_LENGTH; i < block.literals.length; i++) {
      bits += (long) block.literals[i] * Symbols.lengthExtra(i);
    }
    for (int i = 0; i < block.distances.length; i++) {
      bits += (long) block.distances[i] * Symbols.distanceExtra(i);
    }
    return bits;
  }

  private void writeSymbols(Block block, HuffmanCode literals, HuffmanCode distances) {
    for (int i = 0; i < block.size(); i++) {
      int length = block.length(i);
      int value = block.value(i);
      if (length == 0) {
        out.bits(literals.words[value], literals.lengths[value]);
      } else {
        writeMatch(length, value, literals, distances);
      }
      out.flush(); // a match has 48 bits at most: 15 + 5 + 15 + 13
    }
    out.bits(literals.words[Symbols.END_OF_BLOCK], literals.lengths[Symbols.END_OF_BLOCK]);
    out.flush();
  }

  private void writeMatch(int length, int distance, HuffmanCode literals, HuffmanCode distances) {
    int symbol = Symbols.length(length);
    out.bits(literals.words[symbol], literals.lengths[symbol]);
    out.bits(length - Symbols.lengthBase(symbol), Symbols.lengthExtra(symbol));
    int distanceSymbol = Symbols.distance(distance);
    out.bits(distances.words[distanceSymbol], distances.lengths[distanceSymbol]);
    out.bits(
        distance - Symbols.distanceBase(distanceSymbol), Symbols.distanceExtra(distanceSymbol));
  }
}
