package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Names by which a layer takes away what lower layers have (OCI image-spec, layer.md, "Whiteouts").
 * Stateless.
 */
public final class Whiteout {

  /** What all of them begin with. */
  private static final byte[] PREFIX = ".wh.".getBytes(UTF_8);

  /** AUFS's own: never a whiteout of something. */
  private static final byte[] META_PREFIX = ".wh..wh.".getBytes(UTF_8);

  private static final byte[] OPAQUE = ".wh..wh..opq".getBytes(UTF_8);

  private Whiteout() {}

  /**
   * The cleaned path that the entry of this cleaned path takes away; null if it isn't a whiteout.
   */
  public static @Nullable String hiddenPath(String cleanPath) {
    int start = cleanPath.lastIndexOf('/') + 1;
    byte[] hidden = target(cleanPath.substring(start).getBytes(UTF_8));
    return hidden == null ? null : cleanPath.substring(0, start) + new String(hidden, UTF_8);
  }

  /** Whether a name isn't shown. */
  static boolean isHidden(byte[] name) {
    return startsWith(name, PREFIX);
  }

  static boolean isOpaque(byte[] name) {
    return Arrays.equals(name, OPAQUE);
  }

  /** The name that is taken away; null if it isn't that kind of name. */
  static byte @Nullable [] target(byte[] name) {
    if (!startsWith(name, PREFIX) || startsWith(name, META_PREFIX)) {
      return null;
    }
    byte[] target = Arrays.copyOfRange(name, PREFIX.length, name.length);
    boolean nothing = target.length == 0 || isDots(target);
    return nothing ? null : target;
  }

  private static boolean isDots(byte[] name) {
    return name[0] == '.' && (name.length == 1 || (name.length == 2 && name[1] == '.'));
  }

  private static boolean startsWith(byte[] name, byte[] prefix) {
    return name.length >= prefix.length
        && Arrays.equals(name, 0, prefix.length, prefix, 0, prefix.length);
  }
}
