package io.loadstar.lazy;

import static java.nio.charset.StandardCharsets.US_ASCII;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** A compiled Python module of one of three layouts, whose code does nothing but have names. */
final class TestModule {

  /** Versions of the format: of Python 3.7, 3.10 and 3.11. */
  static final List<Integer> VERSIONS = List.of(3394, 3439, 3495);

  private static final int REFERRED_TO = 0x80;

  private final int version;
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  private TestModule(int version) {
    this.version = version;
  }

  /** One that imports these names, none of which is "late": a function's in it has that one. */
  static byte[] importing(int version, String... names) {
    TestModule module = new TestModule(version);
    module.number(version | '\r' << 16 | '\n' << 24);
    module.bytes.writeBytes(new byte[12]);
    module.code(List.of(names), true);
    return module.bytes.toByteArray();
  }

  /** Of CPython 3.11. */
  static byte[] importing(String... names) {
    return importing(VERSIONS.getLast(), names);
  }

  private void code(List<String> names, boolean hasFunction) {
    bytes.write('c');
    for (int i = version >= 3410 && version < 3450 ? 6 : 5; i > 0; i--) {
      number(i);
    }
    text('s', "instructions");
    tuple(hasFunction ? 3 : 1);
    bytes.write('N');
    if (hasFunction) {
      bytes.write('I');
      number(1);
      number(2);
      code(List.of("late", names.getFirst()), false);
    }
    tuple(names.size());
    for (String name : names) {
      if (hasFunction && name.equals(names.getFirst())) {
        bytes.write('r'); // what the function has for its second name
        number(1);
      } else {
        bytes.write('Z' | (hasFunction ? 0 : REFERRED_TO));
        bytes.write(name.length());
        bytes.writeBytes(name.getBytes(US_ASCII));
      }
    }
    boolean isNew = version >= 3450;
    tuple(0);
    if (isNew) {
      text('s', "");
    } else {
      tuple(0);
      tuple(0);
    }
    for (int i = isNew ? 3 : 2; i > 0; i--) {
      text('a', "file or name");
    }
    number(1);
    for (int i = isNew ? 2 : 1; i > 0; i--) {
      text('s', "table");
    }
  }

  private void tuple(int size) {
    bytes.write(')');
    bytes.write(size);
  }

  private void text(char type, String text) {
    bytes.write(type);
    number(text.length());
    bytes.writeBytes(text.getBytes(US_ASCII));
  }

  private void number(int value) {
    bytes.writeBytes(ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array());
  }
}
