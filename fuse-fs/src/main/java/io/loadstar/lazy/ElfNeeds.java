package io.loadstar.lazy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the dynamic loader will open for an ELF file before it runs: its interpreter, the libraries
 * that it names, and where it has them looked for. Immutable.
 *
 * <p>The fields are those of the System V ABI, chapters 4 and 5, for 64 bits and either byte order;
 * of a file of 32 bits nothing is told. All of it comes from an image, so all is bounded, and what
 * makes no sense is left out.
 *
 * @param interpreter the loader's path; null for a library
 * @param libraries DT_NEEDED, in its order
 * @param directories DT_RUNPATH and DT_RPATH, cut at the colons, $ORIGIN and all
 */
record ElfNeeds(@Nullable String interpreter, List<String> libraries, List<String> directories) {

  /** What such a file begins with. */
  static final int MAGIC = 0x7f454c46;

  private static final int CLASS_64 = 2;
  private static final int BIG_ENDIAN = 2;
  private static final int HEADER_BYTES = 64;
  private static final int SEGMENT_BYTES = 56;
  private static final int MAX_SEGMENTS = 64;
  private static final int ENTRY_BYTES = 16;
  private static final int MAX_DYNAMIC_BYTES = 64 << 10;
  private static final int MAX_NAME_BYTES = 4096;
  private static final int MAX_LIBRARIES = 256;

  private static final int LOAD = 1;
  private static final int DYNAMIC = 2;
  private static final int INTERPRETER = 3;

  private static final int NEEDED = 1;
  private static final int STRING_TABLE = 5;
  private static final int RPATH = 15;
  private static final int RUNPATH = 29;

  /** A file's bytes. */
  interface Bytes {
    /**
     * Reads into {@code destination} from {@code offset} on, as much as there is.
     *
     * @throws IOException if they can't be had
     */
    void read(long offset, ByteBuffer destination) throws IOException;
  }

  private record Segment(int type, long offset, long address, long size) {}

  /**
   * Reads what a file needs.
   *
   * @return null if it isn't an ELF file of 64 bits
   * @throws IOException if its bytes can't be had
   */
  static @Nullable ElfNeeds of(Bytes file) throws IOException {
    ByteBuffer header = bytes(file, 0, HEADER_BYTES);
    if (header.remaining() < HEADER_BYTES
        || header.getInt(0) != MAGIC
        || header.get(4) != CLASS_64) {
      return null;
    }
    ByteOrder order = header.get(5) == BIG_ENDIAN ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    List<Segment> segments = segments(file, header.order(order));
    String interpreter = null;
    List<String> libraries = new ArrayList<>();
    List<String> directories = new ArrayList<>();
    for (Segment segment : segments) {
      if (segment.type == INTERPRETER) {
        interpreter = string(file, segment.offset);
      } else if (segment.type == DYNAMIC) {
        int size = (int) Math.clamp(segment.size, 0L, MAX_DYNAMIC_BYTES);
        ByteBuffer dynamic = bytes(file, segment.offset, size).order(order);
        long strings = offsetOf(first(dynamic, STRING_TABLE), segments);
        if (strings > 0) {
          addStrings(file, strings, dynamic, NEEDED, libraries);
          addDirectories(file, strings, dynamic, directories);
        }
      }
    }
    return new ElfNeeds(interpreter, List.copyOf(libraries), List.copyOf(directories));
  }

  private static List<Segment> segments(Bytes file, ByteBuffer header) throws IOException {
    int count = Math.min(Short.toUnsignedInt(header.getShort(56)), MAX_SEGMENTS);
    if (header.getShort(54) != SEGMENT_BYTES) {
      return List.of();
    }
    ByteBuffer table = bytes(file, header.getLong(32), count * SEGMENT_BYTES).order(header.order());
    List<Segment> segments = new ArrayList<>();
    for (int at = 0; at + SEGMENT_BYTES <= table.limit(); at += SEGMENT_BYTES) {
      segments.add(
          new Segment(
              table.getInt(at),
              table.getLong(at + 8),
              table.getLong(at + 16),
              table.getLong(at + 32)));
    }
    return segments;
  }

  private static void addStrings(
      Bytes file, long strings, ByteBuffer dynamic, long tag, List<String> to) throws IOException {
    for (int at = 0; at + ENTRY_BYTES <= dynamic.limit() && to.size() < MAX_LIBRARIES; ) {
      long value = dynamic.getLong(at + 8);
      if (dynamic.getLong(at) == tag && value >= 0) {
        String name = string(file, strings + value);
        if (!name.isEmpty()) {
          to.add(name);
        }
      }
      at += ENTRY_BYTES;
    }
  }

  private static void addDirectories(Bytes file, long strings, ByteBuffer dynamic, List<String> to)
      throws IOException {
    List<String> paths = new ArrayList<>();
    addStrings(file, strings, dynamic, RUNPATH, paths);
    addStrings(file, strings, dynamic, RPATH, paths);
    for (String path : paths) {
      for (String directory : path.split(":", -1)) {
        to.add(directory);
      }
    }
  }

  private static long first(ByteBuffer dynamic, long tag) {
    for (int at = 0; at + ENTRY_BYTES <= dynamic.limit(); at += ENTRY_BYTES) {
      if (dynamic.getLong(at) == tag) {
        return dynamic.getLong(at + 8);
      }
    }
    return 0;
  }

  /** Where in the file what is loaded at {@code address} lies; 0 if nowhere. */
  private static long offsetOf(long address, List<Segment> segments) {
    for (Segment segment : segments) {
      long inside = address - segment.address;
      if (segment.type == LOAD && inside >= 0 && inside < segment.size) {
        return segment.offset + inside;
      }
    }
    return 0;
  }

  private static String string(Bytes file, long offset) throws IOException {
    ByteBuffer name = bytes(file, offset, MAX_NAME_BYTES);
    int end = 0;
    while (end < name.limit() && name.get(end) != 0) {
      end++;
    }
    return UTF_8.decode(name.limit(end)).toString();
  }

  /** As many bytes as there are, up to {@code count}. */
  private static ByteBuffer bytes(Bytes file, long offset, int count) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(count);
    if (offset >= 0 && offset < Long.MAX_VALUE - count) {
      file.read(offset, buffer);
    }
    return buffer.flip();
  }
}
