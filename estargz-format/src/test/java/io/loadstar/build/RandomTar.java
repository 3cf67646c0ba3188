package io.loadstar.build;

import static java.nio.charset.StandardCharsets.US_ASCII;

import io.loadstar.tar.EntryName;
import io.loadstar.tar.TarBytes;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;

/**
 * A tar of entries at random that replace each other in every way that an extraction in order can
 * follow: names spelt in several ways, parents that are missing, files over files, directories over
 * files, hardlinks to what is replaced later. Not thread-safe.
 */
final class RandomTar {

  private static final String[] PREFIXES = {"", "./", "/", "././/"};
  private static final int NAMES = 4;
  private static final int MODE = 100;
  private static final int UID = 108;
  private static final int GID = 116;
  private static final int MTIME = 136;

  private final Random random;
  private final TarBytes tar = new TarBytes();
  private final TreeMap<String, Character> live = new TreeMap<>();

  private RandomTar(Random random) {
    this.random = random;
  }

  /**
   * A tar and some of its names.
   *
   * @param names cleaned names that are there in the end
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Sample(byte[] bytes, List<String> names) {}

  static Sample of(Random random, int entries) {
    RandomTar made = new RandomTar(random);
    for (int i = 0; i < entries; i++) {
      made.add();
    }
    return new Sample(made.tar.end(), new ArrayList<>(made.live.keySet()));
  }

  private void add() {
    String name = name();
    if (hasOtherAbove(name)) {
      return;
    }
    boolean filled = !live.subMap(name + "/", name + "0").isEmpty();
    char type = filled ? '5' : "0000011122553467".charAt(random.nextInt(15));
    String spelt = PREFIXES[random.nextInt(PREFIXES.length)] + name;
    switch (type) {
      case '0' -> put(name, header(spelt, '0'), random.nextInt(3) * random.nextInt(900));
      case '1' -> link(name, spelt);
      case '2' -> {
        tar.raw(withLink(header(spelt, '2'), "to/" + random.nextInt(100)));
        live.put(name, '2');
      }
      case '5' -> {
        tar.raw(TarBytes.checksummed(header(random.nextBoolean() ? spelt : spelt + "/", '5')));
        live.put(name, '5');
      }
      default -> {
        tar.raw(TarBytes.checksummed(header(spelt, type)));
        live.put(name, type);
      }
    }
  }

  private void put(String name, byte[] header, int size) {
    byte[] content = new byte[size];
    random.nextBytes(content);
    octal(header, 124, 11, size);
    tar.raw(TarBytes.checksummed(header)).raw(content).raw(new byte[-size & 511]);
    live.put(name, '0');
  }

  private void link(String name, String spelt) {
    List<String> targets =
        live.keySet().stream().filter(each -> !isDirectory(each) && !each.equals(name)).toList();
    if (targets.isEmpty()) {
      return;
    }
    String target = targets.get(random.nextInt(targets.size()));
    String prefix = random.nextBoolean() ? "" : "./";
    tar.raw(withLink(header(spelt, '1'), prefix + target));
    live.put(name, '1');
  }

  private static byte[] withLink(byte[] header, String target) {
    byte[] bytes = target.getBytes(US_ASCII);
    System.arraycopy(bytes, 0, header, 157, bytes.length);
    return TarBytes.checksummed(header);
  }

  private byte[] header(String name, char type) {
    byte[] block = tar.header(name, type, 0);
    // A directory's set-group-ID bit is inherited by those that are made in it without an entry.
    octal(block, MODE, 7, random.nextInt(010000) & (type == '5' ? 05777 : 07777));
    octal(block, UID, 7, random.nextInt(3) * 1000L);
    octal(block, GID, 7, random.nextInt(3) * 500L);
    octal(block, MTIME, 11, 1_000_000_000 + random.nextInt(100_000_000));
    return block;
  }

  private static void octal(byte[] block, int at, int digits, long value) {
    String text = Long.toOctalString(value);
    byte[] bytes = ("0".repeat(digits - text.length()) + text).getBytes(US_ASCII);
    System.arraycopy(bytes, 0, block, at, digits);
  }

  private boolean isDirectory(String name) {
    return live.getOrDefault(name, '5') == '5';
  }

  private boolean hasOtherAbove(String name) {
    for (int end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
      if (!isDirectory(name.substring(0, end))) {
        return true;
      }
    }
    return false;
  }

  private String name() {
    StringBuilder name = new StringBuilder();
    int depth = 1 + random.nextInt(3);
    for (int i = 0; i < depth; i++) {
      name.append(i == 0 ? "" : "/").append((char) ('a' + random.nextInt(NAMES)));
    }
    return EntryName.clean(name.toString());
  }
}
