package io.loadstar.unpack;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A tar that says what it is told to say, possible or not: ustar, with PAX records. */
final class TestTar {

  static final char FILE = '0';
  static final char HARDLINK = '1';
  static final char SYMLINK = '2';
  static final char CHARACTER_DEVICE = '3';
  static final char DIRECTORY = '5';
  static final char FIFO = '6';

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** What else there is to say of an entry. */
  record Facts(int mode, int owner, long time, String link) {
    static final Facts USUAL = new Facts(0644, 0, 0, "");

    Facts linking(String target) {
      return new Facts(mode, owner, time, target);
    }
  }

  TestTar file(String name, String content) {
    return entry(FILE, name, Facts.USUAL, content);
  }

  TestTar directory(String name) {
    return entry(DIRECTORY, name, new Facts(0755, 0, 0, ""), "");
  }

  TestTar symlink(String name, String target) {
    return entry(SYMLINK, name, Facts.USUAL.linking(target), "");
  }

  TestTar hardlink(String name, String target) {
    return entry(HARDLINK, name, Facts.USUAL.linking(target), "");
  }

  TestTar entry(char type, String name, Facts facts, String content) {
    byte[] payload = content.getBytes(StandardCharsets.UTF_8);
    byte[] block = new byte[512];
    put(block, 0, name);
    put(block, 100, "%07o".formatted(facts.mode()));
    put(block, 108, "%07o".formatted(facts.owner()));
    put(block, 116, "%07o".formatted(facts.owner()));
    put(block, 124, "%011o".formatted(payload.length));
    put(block, 136, "%011o".formatted(facts.time()));
    put(block, 148, "        ");
    block[156] = (byte) type;
    put(block, 157, facts.link());
    put(block, 257, "ustar\00000");
    put(block, 329, "0000001");
    put(block, 337, "0000003");
    int sum = 0;
    for (byte b : block) {
      sum += b & 0xff;
    }
    put(block, 148, "%06o\0 ".formatted(sum));
    out.writeBytes(block);
    out.writeBytes(Arrays.copyOf(payload, (payload.length + 511) / 512 * 512));
    return this;
  }

  /** Says of the next entry what a PAX record says. */
  TestTar pax(String key, String value) {
    String record = " " + key + "=" + value + "\n";
    int length = record.length() + 2;
    return entry('x', "pax", Facts.USUAL, length + record);
  }

  byte[] end() {
    out.writeBytes(new byte[1024]);
    return out.toByteArray();
  }

  private static void put(byte[] block, int at, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    System.arraycopy(bytes, 0, block, at, bytes.length);
  }
}
