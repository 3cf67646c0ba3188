package io.loadstar.rig;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * All that a program can see of a tree of files: what must be the same through a lazy mount. Read
 * once, wholly. Immutable.
 *
 * @param entries by path relative to the root, which is the empty path
 */
public record TreeListing(SortedMap<String, Entry> entries) {

  private static final int PERMISSIONS = 07777;
  private static final int TYPE = 0170000;
  private static final int REGULAR = 0100000;
  private static final int LINK = 0120000;
  private static final int CHARACTER_DEVICE = 0020000;
  private static final int BLOCK_DEVICE = 0060000;
  private static final Pattern OCTAL = Pattern.compile("\\\\([0-7]{3})");

  public TreeListing {
    entries = java.util.Collections.unmodifiableSortedMap(new TreeMap<>(entries));
  }

  /**
   * What is seen of one file.
   *
   * @param type the mode's file type bits
   * @param permissions the mode's lower twelve bits
   * @param modified whole seconds since the epoch
   * @param size in bytes; 0 for all but regular files
   * @param content a regular file's SHA-256, a symbolic link's target, else empty
   * @param device a device's number, else 0
   * @param twin the first path, in order, with the same inode: for a file of one name, its own
   * @param xattrs hexadecimal values by name
   */
  public record Entry(
      int type,
      int permissions,
      int uid,
      int gid,
      long modified,
      long size,
      String content,
      long device,
      String twin,
      Map<String, String> xattrs) {

    public Entry {
      xattrs = Map.copyOf(xattrs);
    }

    private Entry modifiedAt(long seconds) {
      return new Entry(type, permissions, uid, gid, seconds, size, content, device, twin, xattrs);
    }

    @Override
    public String toString() {
      return "%o %d:%d t=%d size=%d %s dev=%x twin=%s %s"
          .formatted(
              type | permissions,
              uid,
              gid,
              modified,
              size,
              content,
              device,
              twin,
              new TreeMap<>(xattrs));
    }
  }

  /** Reads everything below {@code root}: each byte, each attribute. */
  public static TreeListing of(Path root)
      throws IOException, InterruptedException, TimeoutException {
    Map<String, Map<String, String>> xattrs = xattrs(root);
    Map<Object, String> firstNames = new HashMap<>();
    SortedMap<String, Entry> entries = new TreeMap<>();
    for (Path file : files(root)) {
      String name = root.relativize(file).toString();
      Map<String, Object> seen = Files.readAttributes(file, "unix:*", LinkOption.NOFOLLOW_LINKS);
      Object inode = List.of(number(seen, "dev"), number(seen, "ino"));
      boolean directory = Files.isDirectory(file, LinkOption.NOFOLLOW_LINKS);
      String twin = directory ? name : firstNames.computeIfAbsent(inode, _ -> name);
      entries.put(name, entry(file, seen, twin, xattrs.getOrDefault(name, Map.of())));
    }
    return new TreeListing(entries);
  }

  /**
   * The same with a root of that time. containerd's own unpacking leaves the root the time at which
   * it was unpacked.
   *
   * @param seconds since the epoch
   */
  public TreeListing withRootModifiedAt(long seconds) {
    SortedMap<String, Entry> changed = new TreeMap<>(entries);
    changed.computeIfPresent("", (_, root) -> root.modifiedAt(seconds));
    return new TreeListing(changed);
  }

  /** Lines that say where {@code other} differs from this; empty if nowhere. */
  public List<String> differences(TreeListing other) {
    List<String> lines = new ArrayList<>();
    entries.forEach((name, entry) -> {
      Entry there = other.entries().get(name);
      if (there == null) {
        lines.add("missing: " + name);
      } else if (!there.equals(entry)) {
        lines.add(name + "\n   expected " + entry + "\n   but was  " + there);
      }
    });
    for (String name : other.entries().keySet()) {
      if (!entries.containsKey(name)) {
        lines.add("too many: " + name);
      }
    }
    return lines;
  }

  private static List<Path> files(Path root) throws IOException {
    try (Stream<Path> files = Files.walk(root)) {
      return files.sorted().toList();
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static Entry entry(
      Path file, Map<String, Object> seen, String twin, Map<String, String> xattrs)
      throws IOException {
    int mode = (int) number(seen, "mode");
    int type = mode & TYPE;
    boolean device = type == CHARACTER_DEVICE || type == BLOCK_DEVICE;
    String content =
        switch (type) {
          case REGULAR -> ImageLayout.digestOf(file).toString();
          case LINK -> Files.readSymbolicLink(file).toString();
          default -> "";
        };
    return new Entry(
        type,
        mode & PERMISSIONS,
        (int) number(seen, "uid"),
        (int) number(seen, "gid"),
        seconds(seen),
        type == REGULAR ? number(seen, "size") : 0,
        content,
        device ? number(seen, "rdev") : 0,
        twin,
        xattrs);
  }

  private static long number(Map<String, Object> seen, String name) {
    return seen.get(name) instanceof Number number ? number.longValue() : 0;
  }

  private static long seconds(Map<String, Object> seen) {
    return seen.get("lastModifiedTime") instanceof FileTime time
        ? Math.floorDiv(time.to(TimeUnit.NANOSECONDS), 1_000_000_000L)
        : 0;
  }

  /** getfattr(1): {@code # file: NAME}, then {@code name=0xhex} lines, then an empty one. */
  private static Map<String, Map<String, String>> xattrs(Path root)
      throws IOException, InterruptedException, TimeoutException {
    Map<String, Map<String, String>> found = new HashMap<>();
    String dump =
        Program.shell(
                "cd '%s' && getfattr --recursive --physical --no-dereference --dump --match=- --encoding=hex ."
                    .formatted(root))
            .where("LC_ALL", "C.UTF-8")
            .output();
    String name = "";
    for (String line : dump.lines().toList()) {
      if (line.startsWith("# file: ")) {
        String path = unescaped(line.substring("# file: ".length()));
        name = path.equals(".") ? "" : path.startsWith("./") ? path.substring(2) : path;
      } else if (!line.isEmpty()) {
        int equals = line.indexOf('=');
        String key = equals < 0 ? line : line.substring(0, equals);
        String value = equals < 0 ? "" : line.substring(equals + 1);
        found.computeIfAbsent(name, _ -> new HashMap<>()).put(key, value);
      }
    }
    return found;
  }

  private static String unescaped(String name) {
    Matcher matcher = OCTAL.matcher(name);
    return matcher.replaceAll(match ->
        Matcher.quoteReplacement(String.valueOf((char) Integer.parseInt(match.group(1), 8))));
  }
}
