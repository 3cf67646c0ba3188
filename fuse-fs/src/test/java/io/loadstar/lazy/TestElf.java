package io.loadstar.lazy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** An ELF file of 64 bits that can't run, but says what it needs. */
final class TestElf {

  private static final int HEADERS = 64 + 3 * 56;

  private @Nullable String interpreter;
  private final List<String> libraries = new ArrayList<>();
  private @Nullable String runpath;
  private ByteOrder order = ByteOrder.LITTLE_ENDIAN;
  private byte[] filler = {};

  TestElf interpreter(String path) {
    interpreter = path;
    return this;
  }

  TestElf needs(String library) {
    libraries.add(library);
    return this;
  }

  TestElf runpath(String directories) {
    runpath = directories;
    return this;
  }

  TestElf order(ByteOrder other) {
    order = other;
    return this;
  }

  /** What makes it as large as a program, in front of its dynamic section. */
  TestElf filler(byte[] bytes) {
    filler = bytes;
    return this;
  }

  byte[] bytes() {
    ByteArrayOutputStream strings = new ByteArrayOutputStream();
    strings.write(0);
    ByteBuffer dynamic = ByteBuffer.allocate(16 * (libraries.size() + 3)).order(order);
    for (String library : libraries) {
      entry(dynamic, 1, add(strings, library));
    }
    if (runpath != null) {
      entry(dynamic, 29, add(strings, runpath));
    }
    int loader = interpreter == null ? 0 : add(strings, interpreter);
    int stringsAt = HEADERS + filler.length;
    int dynamicAt = stringsAt + strings.size();
    long address = 0x40_0000;
    entry(dynamic, 5, address + stringsAt);
    entry(dynamic, 0, 0);
    ByteBuffer file = ByteBuffer.allocate(dynamicAt + dynamic.position()).order(order);
    file.put(new byte[] {0x7f, 'E', 'L', 'F', 2, (byte) (order == ByteOrder.BIG_ENDIAN ? 2 : 1)});
    file.putLong(32, 64).putShort(54, (short) 56).putShort(56, (short) 3);
    segment(file, 0, 1, new long[] {0, address, file.capacity()});
    segment(file, 1, 2, new long[] {dynamicAt, address + dynamicAt, dynamic.position()});
    if (interpreter != null) {
      segment(file, 2, 3, new long[] {stringsAt + loader, address, interpreter.length() + 1L});
    }
    file.put(HEADERS, filler);
    file.put(stringsAt, strings.toByteArray());
    file.put(dynamicAt, dynamic.array(), 0, dynamic.position());
    return file.array();
  }

  private static void segment(ByteBuffer file, int number, int type, long[] place) {
    int at = 64 + number * 56;
    file.putInt(at, type);
    file.putLong(at + 8, place[0]);
    file.putLong(at + 16, place[1]);
    file.putLong(at + 32, place[2]);
  }

  private static void entry(ByteBuffer dynamic, long tag, long value) {
    dynamic.putLong(tag).putLong(value);
  }

  private static int add(ByteArrayOutputStream strings, String text) {
    int at = strings.size();
    strings.writeBytes((text + "\0").getBytes(UTF_8));
    return at;
  }
}
