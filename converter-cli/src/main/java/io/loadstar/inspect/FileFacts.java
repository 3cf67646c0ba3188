package io.loadstar.inspect;

import io.loadstar.blob.Digest;
import io.loadstar.tar.EntryName;
import io.loadstar.tar.TarEntry;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.TocEntry;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.SortedMap;
import org.jspecify.annotations.Nullable;

/**
 * What a layer says of one file, be it in a tar's header or in a row of a TOC. Immutable, if the
 * values of {@code xattrs} are left alone.
 *
 * @param path cleaned
 * @param type what it is
 * @param size of a regular file
 * @param mode the low twelve bits
 * @param mtime last change; the epoch where none is said
 * @param link a symlink's target as it is, a hardlink's cleaned
 * @param device major and minor, as text
 * @param digest of a regular file's content, where it is known
 */
public record FileFacts(
    String path,
    EntryType type,
    long size,
    int mode,
    long uid,
    long gid,
    Instant mtime,
    String link,
    String device,
    SortedMap<String, byte[]> xattrs,
    @Nullable Digest digest) {

  private static final int MODE_BITS = 07777;

  /** A row of a TOC that isn't a chunk's. */
  static FileFacts of(TocEntry row) {
    Instant mtime = row.modtime() == null ? Instant.EPOCH : row.modtime();
    return new FileFacts(
        EntryName.clean(row.name()),
        row.type(),
        row.type() == EntryType.REGULAR ? row.size() : 0,
        (int) (row.mode() & MODE_BITS),
        row.uid(),
        row.gid(),
        mtime,
        row.type() == EntryType.HARDLINK ? EntryName.clean(row.linkName()) : row.linkName(),
        device(row.type(), row.devMajor(), row.devMinor()),
        row.xattrs(),
        row.digest());
  }

  /** An entry of a tar, whose content has {@code digest}. */
  static FileFacts of(TarEntry entry, @Nullable Digest digest) {
    EntryType type = type(entry);
    return new FileFacts(
        EntryName.clean(entry.name()),
        type,
        entry.size(),
        (int) (entry.owner().mode() & MODE_BITS),
        entry.owner().uid(),
        entry.owner().gid(),
        entry.mtime(),
        type == EntryType.HARDLINK ? EntryName.clean(entry.linkName()) : entry.linkName(),
        device(type, entry.device().major(), entry.device().minor()),
        entry.xattrs(),
        digest);
  }

  private static EntryType type(TarEntry entry) {
    return switch (entry.type()) {
      case REGULAR -> EntryType.REGULAR;
      case HARDLINK -> EntryType.HARDLINK;
      case SYMLINK -> EntryType.SYMLINK;
      case CHARACTER_DEVICE -> EntryType.CHARACTER_DEVICE;
      case BLOCK_DEVICE -> EntryType.BLOCK_DEVICE;
      case DIRECTORY -> EntryType.DIRECTORY;
      case FIFO -> EntryType.FIFO;
    };
  }

  private static String device(EntryType type, long major, long minor) {
    return type == EntryType.CHARACTER_DEVICE || type == EntryType.BLOCK_DEVICE
        ? major + ":" + minor
        : "";
  }

  /** A row that says who it is, and no more. */
  TocEntry toRow() {
    return TocEntry.of(path, type).linkName(link).build();
  }

  /** The same file, or link, as {@code row} names it. */
  FileFacts named(TocEntry row) {
    String target = type == EntryType.HARDLINK ? EntryName.clean(row.linkName()) : link;
    return new FileFacts(
        EntryName.clean(row.name()),
        type,
        size,
        mode,
        uid,
        gid,
        mtime,
        target,
        device,
        xattrs,
        digest);
  }

  /** The same file under another name: what a hardlink to it is. */
  FileFacts named(String other) {
    return new FileFacts(other, type, size, mode, uid, gid, mtime, link, device, xattrs, digest);
  }

  /**
   * In what the other differs, by the names of the fields; nothing if in nothing. Times are equal
   * if less than a second apart where one has no fraction: writers of TOCs round.
   */
  public List<String> differences(FileFacts other) {
    List<String> fields = new ArrayList<>();
    if (type != other.type) {
      return List.of("type");
    }
    boolean known = digest != null && other.digest != null;
    boolean content = size != other.size || (known && !Objects.equals(digest, other.digest));
    add(fields, "content", content);
    add(fields, "link", !link.equals(other.link));
    add(fields, "device", !device.equals(other.device));
    add(fields, "mode", type != EntryType.SYMLINK && mode != other.mode);
    add(fields, "owner", uid != other.uid || gid != other.gid);
    add(fields, "mtime", !sameTime(mtime, other.mtime));
    add(fields, "xattrs", !sameXattrs(xattrs, other.xattrs));
    return fields;
  }

  private static void add(List<String> fields, String field, boolean differs) {
    if (differs) {
      fields.add(field);
    }
  }

  private static boolean sameTime(Instant one, Instant other) {
    if (hasFraction(one) && hasFraction(other)) {
      return one.equals(other);
    }
    return Duration.between(one, other).abs().compareTo(Duration.ofSeconds(1)) < 0;
  }

  private static boolean hasFraction(Instant time) {
    return !time.truncatedTo(ChronoUnit.SECONDS).equals(time);
  }

  private static boolean sameXattrs(
      SortedMap<String, byte[]> one, SortedMap<String, byte[]> other) {
    return one.keySet().equals(other.keySet())
        && one.entrySet().stream()
            .allMatch(entry -> Arrays.equals(entry.getValue(), other.get(entry.getKey())));
  }
}
