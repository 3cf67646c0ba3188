package io.loadstar.blob;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.jspecify.annotations.Nullable;

/**
 * The name of some bytes by their hash, as OCI writes it: {@code sha256:<64 lower-case hex
 * digits>}.
 *
 * <p>Immutable. Only SHA-256 is known: it is the one algorithm that eStargz and containerd use.
 * Source: OCI image-spec, descriptor.md, "Digests".
 *
 * <p>Kept as four numbers, since a node holds one for each chunk of each layer: 48 bytes where the
 * text would take 120.
 */
public final class Digest implements Comparable<Digest> {

  /** How many bytes {@link #put} writes. */
  public static final int BYTES = 4 * Long.BYTES;

  private static final String PREFIX = "sha256:";
  private static final int HEX_LENGTH = 64;

  private final long first;
  private final long second;
  private final long third;
  private final long fourth;

  /**
   * @param hex the hash, 64 lower-case hex digits
   * @throws IllegalArgumentException if it is anything else
   */
  public Digest(String hex) {
    this(hex, 0);
  }

  /** Reads the digits from {@code start} to the end: a TOC has two for each file. */
  private Digest(String text, int start) {
    if (text.length() - start != HEX_LENGTH) {
      throw new IllegalArgumentException("not a SHA-256 digest: " + text);
    }
    first = digits(text, start);
    second = digits(text, start + 16);
    third = digits(text, start + 32);
    fourth = digits(text, start + 48);
  }

  private static long digits(String text, int start) {
    long value = 0;
    for (int i = start; i < start + 16; i++) {
      char c = text.charAt(i);
      if ((c < '0' || c > '9') && (c < 'a' || c > 'f')) {
        throw new IllegalArgumentException("not a SHA-256 digest: " + text);
      }
      value = value << 4 | (c <= '9' ? c - '0' : c - 'a' + 10);
    }
    return value;
  }

  private Digest(long first, long second, long third, long fourth) {
    this.first = first;
    this.second = second;
    this.third = third;
    this.fourth = fourth;
  }

  /**
   * Reads {@code sha256:<hex>}.
   *
   * @throws IllegalArgumentException if the text is anything else
   */
  public static Digest parse(String text) {
    if (!text.startsWith(PREFIX)) {
      throw new IllegalArgumentException("not a sha256 digest: " + text);
    }
    return new Digest(text, PREFIX.length());
  }

  /** The digest of {@code bytes}. */
  public static Digest of(byte[] bytes) {
    return of(ByteBuffer.wrap(bytes));
  }

  /** The digest of what remains in {@code bytes}; its position is left where it was. */
  public static Digest of(ByteBuffer bytes) {
    MessageDigest hash = newHash();
    hash.update(bytes.duplicate());
    return finish(hash);
  }

  /** A fresh SHA-256, to be ended with {@link #finish}. Not thread-safe. */
  public static MessageDigest newHash() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java platform has SHA-256", e);
    }
  }

  /** Ends {@code hash}, which is then as new, and names what it has seen. */
  public static Digest finish(MessageDigest hash) {
    return at(ByteBuffer.wrap(hash.digest()), 0);
  }

  /**
   * What {@link #put} wrote at {@code position}.
   *
   * @param bytes in the same byte order as then; its position is left where it was
   * @throws IndexOutOfBoundsException if there aren't as many bytes
   */
  public static Digest at(ByteBuffer bytes, int position) {
    return new Digest(
        bytes.getLong(position),
        bytes.getLong(position + Long.BYTES),
        bytes.getLong(position + 2 * Long.BYTES),
        bytes.getLong(position + 3 * Long.BYTES));
  }

  /**
   * Whether {@link #at} would make this of what stands there; makes nothing.
   *
   * @throws IndexOutOfBoundsException if there aren't as many bytes
   */
  public boolean isAt(ByteBuffer bytes, int position) {
    return first == bytes.getLong(position)
        && second == bytes.getLong(position + Long.BYTES)
        && third == bytes.getLong(position + 2 * Long.BYTES)
        && fourth == bytes.getLong(position + 3 * Long.BYTES);
  }

  /** The {@link #hashCode} of what {@link #at} would make of what stands there. */
  public static int hashAt(ByteBuffer bytes, int position) {
    return Long.hashCode(bytes.getLong(position));
  }

  /** Writes the hash, {@link #BYTES} bytes, as four numbers. */
  public void put(ByteBuffer destination) {
    destination.putLong(first).putLong(second).putLong(third).putLong(fourth);
  }

  /** The hash as 64 lower-case hex digits. */
  public String hex() {
    HexFormat format = HexFormat.of();
    return format.toHexDigits(first)
        + format.toHexDigits(second)
        + format.toHexDigits(third)
        + format.toHexDigits(fourth);
  }

  /** Writes what {@link #hex} tells, 64 bytes of ASCII; makes nothing. */
  public void putHex(ByteBuffer destination) {
    putHex(first, destination);
    putHex(second, destination);
    putHex(third, destination);
    putHex(fourth, destination);
  }

  private static void putHex(long digits, ByteBuffer destination) {
    for (int shift = Long.SIZE - 4; shift >= 0; shift -= 4) {
      int digit = (int) (digits >>> shift) & 0xf;
      destination.put((byte) (digit < 10 ? '0' + digit : 'a' + digit - 10));
    }
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return other instanceof Digest that
        && first == that.first
        && second == that.second
        && third == that.third
        && fourth == that.fourth;
  }

  @Override
  public int hashCode() {
    return Long.hashCode(first); // as good as random already
  }

  /** In the order of the hex digits. */
  @Override
  public int compareTo(Digest other) {
    int order = Long.compareUnsigned(first, other.first);
    order = order != 0 ? order : Long.compareUnsigned(second, other.second);
    order = order != 0 ? order : Long.compareUnsigned(third, other.third);
    return order != 0 ? order : Long.compareUnsigned(fourth, other.fourth);
  }

  @Override
  public String toString() {
    return PREFIX + hex();
  }
}
