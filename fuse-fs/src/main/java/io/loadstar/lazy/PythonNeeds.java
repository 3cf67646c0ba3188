package io.loadstar.lazy;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The names that may be those of modules which a Python module imports as soon as it is imported
 * itself. Stateless.
 *
 * <p>A compiled module is a header of 16 bytes (PEP 552) and its code, marshalled. Among the names
 * that this code uses, in the order of their first use, are those that it imports, with the dots
 * between their parts, but not those in front of a relative one. Functions have code, and names, of
 * their own. Which names are modules' is for {@link PythonModules} to say. The layout of code is
 * that of CPython, Python/marshal.c, from 3.7 on; names stand at the same place in all versions.
 *
 * <p>All of it comes from an image, so all is bounded, and what makes no sense ends it.
 */
final class PythonNeeds {

  /** What comes before a compiled module's code. */
  private static final int HEADER_BYTES = 16;

  private static final int MAX_NAMES = 4096;
  private static final int MAX_DEPTH = 128;

  /** Of text, so much is looked at: imports stand at its beginning. */
  private static final int MAX_CHARACTERS = 64 << 10;

  private static final int MAX_NAME_CHARACTERS = 255;

  /** Of 3.7, the first with this header. */
  private static final int OLDEST = 3390;

  /** From 3.8 on the number of positional-only parameters stands among the others. */
  private static final int POSITIONAL_ONLY = 3410;

  /** From 3.11 on that of local variables doesn't, and there is a table of exceptions. */
  private static final int EXCEPTION_TABLE = 3450;

  /** Behind a code's numbers; then comes that of its first line, and tables. */
  private static final int CODE_VALUES = 8;

  private static final Pattern IMPORT =
      Pattern.compile(
          "^ {0,4}+(?:from[ \\t]++\\.*+([\\w.]*+)[ \\t]++import[ \\t]++"
              + "(\\([^)]{0,2048}+\\)|[^\\n#(]*+)|import[ \\t]++([^\\n#]*+))",
          Pattern.MULTILINE);
  private static final Pattern RENAMED = Pattern.compile("[ \\t]as[ \\t]+\\w+|#[^\\n]*");
  private static final Pattern NOT_NAMES = Pattern.compile("[^\\w.]+");

  private PythonNeeds() {}

  /** Whether a file begins as a compiled module does. */
  static boolean isCompiled(ByteBuffer beginning) {
    return beginning.position() >= 4
        && beginning.get(2) == '\r'
        && beginning.get(3) == '\n'
        && ((beginning.get(0) & 0xff) | ((beginning.get(1) & 0xff) << 8)) >= OLDEST;
  }

  /**
   * The names of a compiled module's own code.
   *
   * @param file all of it, from position to limit
   * @return none if it makes no sense
   */
  static List<String> ofCompiled(ByteBuffer file) {
    ByteBuffer bytes = file.slice().order(ByteOrder.LITTLE_ENDIAN);
    try {
      int version = Short.toUnsignedInt(bytes.getShort(0));
      bytes.position(HEADER_BYTES);
      return new Marshalled(bytes, version).namesOfModule();
    } catch (BufferUnderflowException | IllegalArgumentException | IndexOutOfBoundsException e) {
      return List.of();
    }
  }

  /** The names that a module's text imports at its beginning of lines, or one level deeper. */
  static List<String> ofSource(String text) {
    Set<String> names = new LinkedHashSet<>();
    Matcher imports = IMPORT.matcher(text.subSequence(0, Math.min(MAX_CHARACTERS, text.length())));
    while (imports.find() && names.size() < MAX_NAMES) {
      for (int group = 1; group <= imports.groupCount(); group++) {
        String some = imports.group(group);
        if (some != null) {
          for (String name : NOT_NAMES.split(RENAMED.matcher(some).replaceAll(""), -1)) {
            if (!name.isEmpty()) {
              names.add(name);
            }
          }
        }
      }
    }
    return List.copyOf(names);
  }

  /** Reads one code object as far as its names. Not thread-safe. */
  private static final class Marshalled {
    private static final int IS_REFERRED_TO = 0x80;

    private final ByteBuffer in;
    private final int numbers;
    private final int tables;

    /** What may be referred to, in its order; null for what isn't a short text. */
    private final List<@Nullable String> referred = new ArrayList<>();

    Marshalled(ByteBuffer in, int version) {
      this.in = in;
      this.numbers = version >= POSITIONAL_ONLY && version < EXCEPTION_TABLE ? 6 : 5;
      this.tables = version >= EXCEPTION_TABLE ? 2 : 1;
    }

    List<String> namesOfModule() {
      if ((type() & ~IS_REFERRED_TO) != 'c') {
        return List.of();
      }
      skipBytes((long) numbers * Integer.BYTES);
      skip(1); // instructions
      skip(1); // constants, the code of functions among them
      List<String> names = new ArrayList<>();
      int count =
          switch (type() & ~IS_REFERRED_TO) {
            case ')' -> Byte.toUnsignedInt(in.get());
            case '(' -> in.getInt();
            default -> 0;
          };
      for (int i = 0; i < Math.min(count, MAX_NAMES); i++) {
        String name = skip(1);
        if (name != null) {
          names.add(name);
        }
      }
      return names;
    }

    /** The type of what comes now, with the flag; reserves its place among what is referred to. */
    private int type() {
      int type = Byte.toUnsignedInt(in.get());
      if ((type & IS_REFERRED_TO) != 0) {
        referred.add(null);
      }
      return type;
    }

    /**
     * Passes over a value.
     *
     * @return its text, if it is one and short
     */
    private @Nullable String skip(int depth) {
      if (depth > MAX_DEPTH) {
        throw new IllegalArgumentException("too deep");
      }
      int type = type();
      int place = (type & IS_REFERRED_TO) != 0 ? referred.size() - 1 : -1;
      String text = null;
      switch (type & ~IS_REFERRED_TO) {
        case '0', 'N', 'F', 'T', 'S', '.' -> {}
        case 'i' -> skipBytes(4);
        case 'I', 'g' -> skipBytes(8);
        case 'y' -> skipBytes(16);
        case 'f' -> skipBytes(Byte.toUnsignedInt(in.get()));
        case 'l' -> skipBytes(2 * Math.abs((long) in.getInt()));
        case 's' -> skipBytes(in.getInt());
        case 't', 'u', 'a', 'A' -> text = text(in.getInt());
        case 'z', 'Z' -> text = text(Byte.toUnsignedInt(in.get()));
        case 'r' -> text = referred.get(in.getInt());
        case ')' -> skip(Byte.toUnsignedInt(in.get()), depth);
        case '(', '[', '<', '>' -> skip(in.getInt(), depth);
        case ':' -> skip(3, depth);
        case 'c' -> skipCode(depth);
        default -> throw new IllegalArgumentException("type " + type);
      }
      if (place >= 0) {
        referred.set(place, text);
      }
      return text;
    }

    private void skipCode(int depth) {
      skipBytes((long) numbers * Integer.BYTES);
      skip(CODE_VALUES, depth);
      skipBytes(Integer.BYTES);
      skip(tables, depth);
    }

    private void skip(int count, int depth) {
      if (count < 0 || count > in.remaining()) {
        throw new IllegalArgumentException("more values than bytes");
      }
      for (int i = 0; i < count; i++) {
        var _ = skip(depth + 1);
      }
    }

    private @Nullable String text(int length) {
      if (length < 0 || length > MAX_NAME_CHARACTERS) {
        skipBytes(length);
        return null;
      }
      byte[] text = new byte[length];
      in.get(text);
      return new String(text, ISO_8859_1); // of names that aren't, none is known
    }

    private void skipBytes(long count) {
      if (count < 0 || count > in.remaining()) {
        throw new BufferUnderflowException();
      }
      in.position(in.position() + (int) count);
    }
  }
}
