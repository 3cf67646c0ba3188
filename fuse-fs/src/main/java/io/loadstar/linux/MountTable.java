package io.loadstar.linux;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is mounted, as this process sees it: /proc/self/mountinfo (proc_pid_mountinfo(5)).
 * Immutable.
 *
 * <p>Looking here touches no mounted file system, so it can't hang on one.
 */
public record MountTable(List<Entry> entries) {

  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");

  public MountTable {
    entries = List.copyOf(entries);
  }

  /**
   * One line of it.
   *
   * @param major of st_dev
   * @param minor of st_dev; of a FUSE mount also the number of its connection
   * @param mountPoint an absolute path without symbolic links
   * @param type as in "overlay" or "fuse.loadstar"
   * @param source what was said to be mounted
   */
  public record Entry(int major, int minor, String mountPoint, String type, String source) {

    /** Whether a FUSE daemon serves it. */
    public boolean isFuse() {
      return type.equals("fuse") || type.startsWith("fuse.");
    }

    /** Whether it is the same file system as {@code other}, wherever the two are mounted. */
    public boolean isSameFileSystem(Entry other) {
      return major == other.major && minor == other.minor;
    }
  }

  /**
   * Reads it as it is now.
   *
   * @throws IOException if /proc isn't there, or a line isn't as the kernel writes it
   */
  public static MountTable read() throws IOException {
    return parse(new String(Files.readAllBytes(MOUNTINFO), StandardCharsets.UTF_8));
  }

  /**
   * Parses the content of a mountinfo file.
   *
   * @throws IOException if a line isn't as the kernel writes it
   */
  public static MountTable parse(String mountinfo) throws IOException {
    List<Entry> entries = new ArrayList<>();
    for (String line : mountinfo.split("\n", -1)) {
      if (!line.isEmpty()) {
        entries.add(entry(line));
      }
    }
    return new MountTable(entries);
  }

  /**
   * What is seen at {@code path}: the uppermost of what is mounted exactly there.
   *
   * @param path absolute, without symbolic links
   */
  public @Nullable Entry at(Path path) {
    String mountPoint = path.toString();
    Entry uppermost = null;
    for (Entry entry : entries) {
      if (entry.mountPoint.equals(mountPoint)) {
        uppermost = entry;
      }
    }
    return uppermost;
  }

  /**
   * Whatever is mounted at {@code directory} or below it, in the order of mounting.
   *
   * @param directory absolute, without symbolic links
   */
  public List<Entry> below(Path directory) {
    String itself = directory.toString();
    String prefix = itself.endsWith("/") ? itself : itself + "/";
    return entries.stream()
        .filter(e -> e.mountPoint.equals(itself) || e.mountPoint.startsWith(prefix))
        .toList();
  }

  /** "36 35 98:0 /root /mnt rw,noatime master:1 - ext3 /dev/root rw,errors=continue". */
  private static Entry entry(String line) throws IOException {
    String[] fields = line.split(" ", -1);
    int separator = 6;
    while (separator < fields.length && !fields[separator].equals("-")) {
      separator++;
    }
    if (separator + 2 >= fields.length) {
      throw new IOException("not a line of a mount table: " + line);
    }
    try {
      int colon = fields[2].indexOf(':');
      return new Entry(
          Integer.parseInt(fields[2], 0, colon, 10),
          Integer.parseInt(fields[2], colon + 1, fields[2].length(), 10),
          unescaped(fields[4]),
          unescaped(fields[separator + 1]),
          unescaped(fields[separator + 2]));
    } catch (NumberFormatException | IndexOutOfBoundsException e) {
      throw new IOException("not a line of a mount table: " + line, e);
    }
  }

  /** Space, tab, newline and backslash are written as a backslash and three octal digits. */
  private static String unescaped(String field) {
    if (field.indexOf('\\') < 0) {
      return field;
    }
    byte[] bytes = field.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream out = new ByteArrayOutputStream(bytes.length);
    for (int i = 0; i < bytes.length; i++) {
      if (bytes[i] == '\\' && i + 3 < bytes.length) {
        out.write((digit(bytes, i + 1) << 6) | (digit(bytes, i + 2) << 3) | digit(bytes, i + 3));
        i += 3;
      } else {
        out.write(bytes[i]);
      }
    }
    return out.toString(StandardCharsets.UTF_8);
  }

  private static int digit(byte[] bytes, int at) {
    return bytes[at] - '0';
  }
}
