package io.loadstar.deflate;

import java.util.Arrays;

/**
 * A canonical Huffman code whose words have a greatest length (RFC 1951, section 3.2.2). Not
 * thread-safe; made to be used again.
 *
 * <p>Lengths come from Moffat and Katajainen's calculation in place ("In-Place Calculation of
 * Minimum-Redundancy Codes", 1995); those beyond the greatest are shortened to it, and paid for by
 * lengthening the longest of the others until Kraft's sum is 1 again.
 */
final class HuffmanCode {

  private static final int SYMBOL_BITS = 9;
  private static final int MAX_LENGTH = 15;

  private final int maxLength;

  /** By symbol; 0: it has no word. */
  final byte[] lengths;

  /** By symbol: its word, mirrored as it is written. */
  final int[] words;

  private final int[] sorted;
  private final int[] tree;
  private final int[] counts = new int[64];

  /**
   * @param symbols how many there are
   * @param maxLength of a word, in bits
   */
  HuffmanCode(int symbols, int maxLength) {
    this.maxLength = maxLength;
    this.lengths = new byte[symbols];
    this.words = new int[symbols];
    this.sorted = new int[symbols];
    this.tree = new int[symbols];
  }

  /** The code of RFC 1951, section 3.2.6, for literals and lengths. */
  static HuffmanCode fixedLiterals() {
    HuffmanCode code = new HuffmanCode(288, MAX_LENGTH);
    Arrays.fill(code.lengths, 0, 144, (byte) 8);
    Arrays.fill(code.lengths, 144, 256, (byte) 9);
    Arrays.fill(code.lengths, 256, 280, (byte) 7);
    Arrays.fill(code.lengths, 280, 288, (byte) 8);
    code.assignWords();
    return code;
  }

  /** The code of RFC 1951, section 3.2.6, for distances. */
  static HuffmanCode fixedDistances() {
    HuffmanCode code = new HuffmanCode(32, MAX_LENGTH);
    Arrays.fill(code.lengths, (byte) 5);
    code.assignWords();
    return code;
  }

  /**
   * Makes the code for symbols that occur so often. It is always complete: where fewer than two
   * symbols occur, others get a word as well.
   *
   * @param frequencies by symbol, each below 2^22
   */
  void of(int[] frequencies) {
    int used = sort(frequencies);
    for (int i = 0; i < used; i++) {
      tree[i] = sorted[i] >>> SYMBOL_BITS;
    }
    depths(tree, used);
    Arrays.fill(counts, 0);
    for (int i = 0; i < used; i++) {
      counts[Math.min(tree[i], maxLength)]++;
    }
    makeComplete();
    Arrays.fill(lengths, (byte) 0);
    int next = 0;
    for (int length = maxLength; length > 0; length--) {
      for (int i = 0; i < counts[length]; i++) {
        lengths[sorted[next++] & ((1 << SYMBOL_BITS) - 1)] = (byte) length;
      }
    }
    assignWords();
  }

  /** The symbols that occur, the rarest first. */
  private int sort(int[] frequencies) {
    int used = 0;
    for (int symbol = 0; symbol < lengths.length; symbol++) {
      if (frequencies[symbol] > 0) {
        sorted[used++] = frequencies[symbol] << SYMBOL_BITS | symbol;
      }
    }
    for (int symbol = 0; used < 2; symbol++) {
      if (frequencies[symbol] == 0) {
        sorted[used++] = 1 << SYMBOL_BITS | symbol;
      }
    }
    Arrays.sort(sorted, 0, used);
    return used;
  }

  /** Turns frequencies, the smallest first, into the lengths of words, the longest first. */
  private static void depths(int[] tree, int n) {
    int leaf = 0;
    int root = 0;
    for (int next = 0; next < n - 1; next++) {
      int sum;
      if (leaf >= n || (root < next && tree[root] < tree[leaf])) {
        sum = tree[root];
        tree[root++] = next;
      } else {
        sum = tree[leaf++];
      }
      if (leaf >= n || (root < next && tree[root] < tree[leaf])) {
        sum += tree[root];
        tree[root++] = next;
      } else {
        sum += tree[leaf++];
      }
      tree[next] = sum;
    }
    tree[n - 2] = 0;
    for (int next = n - 3; next >= 0; next--) {
      tree[next] = tree[tree[next]] + 1;
    }
    int available = 1;
    int inner = 0;
    int depth = 0;
    root = n - 2;
    int next = n - 1;
    while (available > 0) {
      while (root >= 0 && tree[root] == depth) {
        inner++;
        root--;
      }
      while (available > inner) {
        tree[next--] = depth;
        available--;
      }
      available = 2 * inner;
      depth++;
      inner = 0;
    }
  }

  private void makeComplete() {
    long sum = 0;
    for (int length = 1; length <= maxLength; length++) {
      sum += (long) counts[length] << (maxLength - length);
    }
    for (; sum > 1L << maxLength; sum--) {
      int length = maxLength - 1;
      while (counts[length] == 0) {
        length--;
      }
      counts[length]--;
      counts[length + 1] += 2;
      counts[maxLength]--;
    }
  }

  private void assignWords() {
    int[] next = new int[MAX_LENGTH + 2];
    for (byte length : lengths) {
      next[length + 1]++;
    }
    next[1] = 0; // symbols without a word
    for (int length = 1; length <= MAX_LENGTH; length++) {
      next[length] = (next[length - 1] + next[length]) << 1;
    }
    for (int symbol = 0; symbol < lengths.length; symbol++) {
      int length = lengths[symbol];
      if (length > 0) {
        words[symbol] = Integer.reverse(next[length]++) >>> (Integer.SIZE - length);
      }
    }
  }
}
