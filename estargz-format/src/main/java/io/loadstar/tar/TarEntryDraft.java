package io.loadstar.tar;

import io.loadstar.blob.MalformedBlobException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.Collections;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Puts an entry together from the headers that describe it. Not thread-safe, used once. */
final class TarEntryDraft {

  private static final Pattern DECIMAL = Pattern.compile("-?[0-9]{1,18}");
  private static final Pattern TIME = Pattern.compile("(-?)([0-9]{1,18})(?:\\.([0-9]*))?");
  private static final int NANO_DIGITS = 9;

  private final long offset;
  private final PaxRecords global;
  private final PaxRecords pax = new PaxRecords();
  private byte @Nullable [] longName;
  private byte @Nullable [] longLinkName;

  /**
   * @param offset of the first header in the tar
   * @param global what the tar says of all entries from here on
   */
  TarEntryDraft(long offset, PaxRecords global) {
    this.offset = offset;
    this.global = global;
  }

  void addPax(byte[] records, long recordsOffset) throws MalformedBlobException {
    pax.add(records, recordsOffset);
  }

  void longName(byte[] bytes) {
    longName = untilZero(bytes);
  }

  void longLinkName(byte[] bytes) {
    longLinkName = untilZero(bytes);
  }

  private static byte[] untilZero(byte[] bytes) {
    int end = 0;
    while (end < bytes.length && bytes[end] != 0) {
      end++;
    }
    return java.util.Arrays.copyOf(bytes, end);
  }

  /**
   * @param header the entry's own
   * @param raw all its headers
   */
  TarEntry finish(TarHeader header, ByteBuffer raw)
      throws MalformedBlobException, UnsupportedTarException {
    boolean governed = global.saysAnything();
    if (governed) {
      pax.addAbsent(global);
    }
    byte[] nameBytes = first(pax.get("path"), longName, header.name());
    String shown = new String(nameBytes, StandardCharsets.UTF_8);
    String name = utf8(nameBytes, shown);
    TarType type = type(header, name);
    refuseSparse(name);
    boolean isLink = type == TarType.HARDLINK || type == TarType.SYMLINK;
    byte[] link =
        isLink ? first(pax.get("linkpath"), longLinkName, header.linkName()) : new byte[0];
    boolean isDevice = type == TarType.CHARACTER_DEVICE || type == TarType.BLOCK_DEVICE;
    return new TarEntry(
        name,
        type,
        link.length == 0 ? "" : utf8(link, name),
        type == TarType.REGULAR ? size(header, name) : 0,
        owner(header),
        mtime(header),
        isDevice ? new TarEntry.Device(header.major(), header.minor()) : new TarEntry.Device(0, 0),
        xattrs(),
        new TarEntry.Headers(offset, raw, governed ? Optional.of(folded(raw)) : Optional.empty()));
  }

  /**
   * The entry's headers with all that the global ones say of it in a PAX header of its own; without
   * the GNU long names, which that has, too.
   */
  private ByteBuffer folded(ByteBuffer raw) {
    if (longName != null) {
      pax.putAbsent("path", longName);
    }
    if (longLinkName != null) {
      pax.putAbsent("linkpath", longLinkName);
    }
    byte[] records = pax.encode();
    byte[] extension = TarWriter.extension(records);
    ByteBuffer own = raw.duplicate().position(raw.remaining() - TarHeader.BLOCK);
    return ByteBuffer.allocate(extension.length + TarHeader.BLOCK)
        .put(extension)
        .put(own)
        .flip()
        .asReadOnlyBuffer();
  }

  private static byte[] first(byte @Nullable [] pax, byte @Nullable [] gnu, byte[] ustar) {
    if (pax != null) {
      return pax;
    }
    return gnu != null ? gnu : ustar;
  }

  private static TarType type(TarHeader header, String name) throws UnsupportedTarException {
    return switch (header.type()) {
      // V7 has no type for directories, but a slash at the end.
      case 0 -> name.endsWith("/") ? TarType.DIRECTORY : TarType.REGULAR;
      case '0', '7' -> TarType.REGULAR; // 7: contiguous, to whom that means something
      case '1' -> TarType.HARDLINK;
      case '2' -> TarType.SYMLINK;
      case '3' -> TarType.CHARACTER_DEVICE;
      case '4' -> TarType.BLOCK_DEVICE;
      case '5' -> TarType.DIRECTORY;
      case '6' -> TarType.FIFO;
      case 'S' -> throw unsupported(name, "a sparse file");
      default -> throw unsupported(name, "type 0x" + Integer.toHexString(header.type()));
    };
  }

  private void refuseSparse(String name) throws UnsupportedTarException {
    for (String key : pax.all().keySet()) {
      if (key.startsWith(PaxRecords.SPARSE_PREFIX)) {
        throw unsupported(name, "a sparse file");
      }
    }
  }

  private static UnsupportedTarException unsupported(String name, String what) {
    return new UnsupportedTarException("tar entry " + name + ": " + what + " isn't supported");
  }

  private long size(TarHeader header, String name) throws MalformedBlobException {
    long size = number("size", header.size());
    if (size < 0 || size > Long.MAX_VALUE - TarHeader.BLOCK) {
      throw malformed("entry " + name + ": size " + size);
    }
    return size;
  }

  private TarEntry.Owner owner(TarHeader header) throws MalformedBlobException {
    return new TarEntry.Owner(
        header.mode(),
        number("uid", header.uid()),
        number("gid", header.gid()),
        text(first(pax.get("uname"), null, header.userName())),
        text(first(pax.get("gname"), null, header.groupName())));
  }

  /** Most have none; a layer has many entries, and keeps all their texts. */
  private static String text(byte[] bytes) {
    return bytes.length == 0 ? "" : new String(bytes, StandardCharsets.UTF_8);
  }

  private long number(String key, long otherwise) throws MalformedBlobException {
    String text = ascii(key);
    if (text == null) {
      return otherwise;
    }
    if (!DECIMAL.matcher(text).matches()) {
      throw malformed("PAX " + key + ": " + text);
    }
    return Long.parseLong(text);
  }

  private Instant mtime(TarHeader header) throws MalformedBlobException {
    String text = ascii("mtime");
    try {
      return text == null ? Instant.ofEpochSecond(header.mtime()) : time(text);
    } catch (DateTimeException | ArithmeticException e) {
      throw new MalformedBlobException("tar: mtime out of range", offset, e);
    }
  }

  private Instant time(String text) throws MalformedBlobException {
    var match = TIME.matcher(text);
    if (!match.matches()) {
      throw malformed("PAX mtime: " + text);
    }
    String fraction = match.group(3) == null ? "" : match.group(3);
    String nanos = (fraction + "0".repeat(NANO_DIGITS)).substring(0, NANO_DIGITS);
    long sign = match.group(1).isEmpty() ? 1 : -1;
    return Instant.ofEpochSecond(
        sign * Long.parseLong(match.group(2)), sign * Long.parseLong(nanos));
  }

  private SortedMap<String, byte[]> xattrs() {
    TreeMap<String, byte[]> xattrs = new TreeMap<>();
    for (Map.Entry<String, byte[]> record : pax.all().entrySet()) {
      if (record.getKey().startsWith(PaxRecords.XATTR_PREFIX)) {
        xattrs.put(record.getKey().substring(PaxRecords.XATTR_PREFIX.length()), record.getValue());
      }
    }
    return xattrs.isEmpty()
        ? Collections.emptySortedMap()
        : Collections.unmodifiableSortedMap(xattrs);
  }

  private @Nullable String ascii(String key) {
    byte[] value = pax.get(key);
    return value == null ? null : new String(value, StandardCharsets.ISO_8859_1);
  }

  /** The TOC is JSON: a name that isn't UTF-8 can't be told there without changing it. */
  private static String utf8(byte[] bytes, String shown) throws UnsupportedTarException {
    try {
      CharBuffer text = StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(bytes));
      return text.toString();
    } catch (CharacterCodingException e) {
      throw unsupported(shown, "a name that isn't UTF-8");
    }
  }

  private MalformedBlobException malformed(String what) {
    return new MalformedBlobException("tar: " + what, offset);
  }
}
