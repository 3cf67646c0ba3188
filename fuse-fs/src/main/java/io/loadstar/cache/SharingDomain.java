package io.loadstar.cache;

import io.loadstar.blob.Digest;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/**
 * Who may use an object of the store: those layers that were opened in the same domain. Immutable.
 *
 * <p>A TOC that merely names a digest doesn't give its author the bytes. An object is found in a
 * domain only after its content was fetched and verified through a source of that domain.
 *
 * @param name what it is called in messages, never empty; {@code shared}, or a registry's host
 * @param directoryName what it is called on disk: one safe path component, another for each domain
 */
public record SharingDomain(String name, String directoryName) {

  /** The one domain of a node whose tenants trust each other. */
  public static final SharingDomain SHARED = new SharingDomain("shared", "shared");

  /** A name longer than this on disk is replaced by its hash (NAME_MAX of Linux is 255). */
  private static final int MAX_DIRECTORY_NAME = 200;

  public SharingDomain {
    if (name.isEmpty()) {
      throw new IllegalArgumentException("a sharing domain needs a name");
    }
    if (!directoryName.matches("[a-z][a-z0-9.%~-]{0,199}")) {
      throw new IllegalArgumentException("not a safe directory name: " + directoryName);
    }
  }

  /**
   * The domain of all that comes from one registry.
   *
   * @param host as in an image reference: name or address, with the port if there is one; upper and
   *     lower case are the same
   */
  public static SharingDomain ofRegistry(String host) {
    String name = host.toLowerCase(Locale.ROOT);
    return new SharingDomain(name, directoryNameOf(name));
  }

  /**
   * All bytes but letters, digits, dots and hyphens are written as %xx, so that two names never
   * meet; the tilde, which that never yields, marks a hash.
   */
  private static String directoryNameOf(String name) {
    StringBuilder safe = new StringBuilder("registry-");
    for (byte b : name.getBytes(StandardCharsets.UTF_8)) {
      char c = (char) (b & 0xff);
      if ((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-') {
        safe.append(c);
      } else {
        safe.append('%').append(HexFormat.of().toHexDigits(b));
      }
    }
    if (safe.length() > MAX_DIRECTORY_NAME) {
      return "registry~" + Digest.of(name.getBytes(StandardCharsets.UTF_8)).hex();
    }
    return safe.toString();
  }

  @Override
  public String toString() {
    return name;
  }
}
