package io.loadstar.blob;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.regex.Pattern;

/**
 * The name of some bytes by their hash, as OCI writes it: {@code sha256:<64 lower-case hex
 * digits>}.
 *
 * <p>Immutable. Only SHA-256 is known: it is the one algorithm that eStargz and containerd use.
 * Source: OCI image-spec, descriptor.md, "Digests".
 *
 * @param hex the hash, 64 lower-case hex digits
 */
public record Digest(String hex) implements Comparable<Digest> {

  private static final String PREFIX = "sha256:";
  private static final Pattern HEX = Pattern.compile("[0-9a-f]{64}");

  public Digest {
    if (!HEX.matcher(hex).matches()) {
      throw new IllegalArgumentException("not a SHA-256 digest: " + hex);
    }
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
    return new Digest(text.substring(PREFIX.length()));
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

  /** Ends {@code hash} and names what it has seen. */
  public static Digest finish(MessageDigest hash) {
    return new Digest(HexFormat.of().formatHex(hash.digest()));
  }

  @Override
  public int compareTo(Digest other) {
    return hex.compareTo(other.hex);
  }

  @Override
  public String toString() {
    return PREFIX + hex;
  }
}
