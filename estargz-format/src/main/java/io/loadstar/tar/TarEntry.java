package io.loadstar.tar;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.Optional;
import java.util.SortedMap;

/**
 * A tar entry: what its headers say, and the headers themselves. Immutable, if the values of {@code
 * xattrs} are left alone.
 *
 * @param name the path as written
 * @param type what it is
 * @param linkName a link's target, "" for anything else
 * @param size bytes of payload; 0 for all but regular files
 * @param owner who it belongs to, and the mode
 * @param mtime last change
 * @param device numbers of a device, else 0
 * @param xattrs name to value, from PAX records
 * @param headers where its headers stand in the tar, and their bytes
 */
public record TarEntry(
    String name,
    TarType type,
    String linkName,
    long size,
    Owner owner,
    Instant mtime,
    Device device,
    SortedMap<String, byte[]> xattrs,
    Headers headers) {

  /** Where the payload starts in the tar. */
  public long payloadOffset() {
    return headers.offset() + headers.size();
  }

  /** Size of the payload with the zero bytes that fill its last block. */
  public long paddedSize() {
    return size + TarWriter.padding(size);
  }

  /**
   * @param mode as in the header
   */
  public record Owner(long mode, long uid, long gid, String userName, String groupName) {}

  /** Device numbers. */
  public record Device(long major, long minor) {}

  /**
   * Header blocks with the PAX and GNU records that come before them.
   *
   * @param offset of the first of them in the tar
   * @param asRead byte for byte
   * @param folded others, which hold by themselves, where a global PAX header says something of the
   *     entry
   */
  public record Headers(long offset, ByteBuffer asRead, Optional<ByteBuffer> folded) {

    /** As read; read-only, with a position of its own each time it is asked for. */
    @Override
    public ByteBuffer asRead() {
      return asRead.duplicate();
    }

    /** How many bytes they are in the tar. */
    public int size() {
      return asRead.remaining();
    }
  }
}
