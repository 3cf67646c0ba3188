package io.loadstar.transport.kernel;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.kernel.FuseWire.Dirent;
import io.loadstar.transport.kernel.FuseWire.EntryOut;
import java.nio.ByteBuffer;

/**
 * Writes what a name means: the answer of a LOOKUP, and the entries of a listing. Confined to the
 * thread of its exchange.
 */
final class EntryWriter implements ReadOnlyFileSystem.DirectorySink {

  /** FUSE_NAME_MAX (fs/fuse/fuse_i.h): what the kernel takes for a name. */
  private static final int LONGEST_NAME = 1024;

  /**
   * For how long the kernel may keep what it was told, in seconds: for good, since a layer never
   * changes. The kernel bounds it to what its clock can hold.
   */
  static final long ENDLESS = Integer.MAX_VALUE;

  private static final int TYPE_SHIFT = 12; // DT_* is the file type of st_mode, S_IF* >> 12
  private static final int TYPE_MASK = 0170000;
  private static final int DIRECTORY = 0040000;

  private final ReadOnlyFileSystem fileSystem;
  private final AttributeWriter attributes = new AttributeWriter();
  private ByteBuffer buffer = ByteBuffer.allocate(0);
  private boolean plus;
  private boolean filesToo;

  EntryWriter(ReadOnlyFileSystem fileSystem) {
    this.fileSystem = fileSystem;
  }

  /** To write entries of a READDIR into {@code reply}, from its position up to its limit. */
  EntryWriter plain(ByteBuffer reply) {
    buffer = reply;
    plus = false;
    return this;
  }

  /** As {@link #plain}, for a READDIRPLUS in which all entries have attributes. */
  EntryWriter plus(ByteBuffer reply) {
    buffer = reply;
    plus = true;
    filesToo = true;
    return this;
  }

  /** As {@link #plus}, but that only directories have attributes. */
  EntryWriter plusForDirectories(ByteBuffer reply) {
    buffer = reply;
    plus = true;
    filesToo = false;
    return this;
  }

  /** Whether a mode is a directory's. */
  static boolean isDirectory(int mode) {
    return (mode & TYPE_MASK) == DIRECTORY;
  }

  @Override
  public boolean entry(long inode, int mode, ByteBuffer name, long nextCookie) {
    int length = name.remaining();
    if (length > LONGEST_NAME || nextCookie == 0) {
      throw new IllegalStateException(
          "no directory entry: a name of " + length + " bytes, cookie " + nextCookie);
    }
    int start = buffer.position();
    int dirent = plus ? start + EntryOut.SIZE : start;
    int end = dirent + Math.ceilDiv(Dirent.NAME + length, 8) * FuseWire.ENTRY_ALIGNMENT;
    if (end > buffer.limit()) {
      return false;
    }
    if (plus && !(hasAttributes(mode, name) && writeEntry(buffer, start, inode))) {
      clear(start, dirent); // nodeid 0: the kernel takes the name only
    }
    buffer.putLong(dirent + Dirent.INO, inode);
    buffer.putLong(dirent + Dirent.COOKIE, nextCookie);
    buffer.putInt(dirent + Dirent.NAME_LENGTH, length);
    buffer.putInt(dirent + Dirent.TYPE, mode >>> TYPE_SHIFT);
    buffer.putLong(end - Long.BYTES, 0);
    buffer.put(dirent + Dirent.NAME, name, name.position(), length);
    buffer.position(end);
    return true;
  }

  private boolean hasAttributes(int mode, ByteBuffer name) {
    return (filesToo || isDirectory(mode)) && !isDots(name);
  }

  /** The kernel knows these itself, and counts no reference to them. */
  private static boolean isDots(ByteBuffer name) {
    int start = name.position();
    return switch (name.remaining()) {
      case 1 -> name.get(start) == '.';
      case 2 -> name.get(start) == '.' && name.get(start + 1) == '.';
      default -> false;
    };
  }

  private void clear(int from, int to) {
    for (int i = from; i < to; i += Long.BYTES) {
      buffer.putLong(i, 0);
    }
  }

  /** Writes a {@code struct fuse_entry_out}; false if the inode has no attributes. */
  boolean writeEntry(ByteBuffer reply, int at, long inode) {
    if (fileSystem.attributes(inode, attributes.at(reply, at + EntryOut.ATTR)) < 0) {
      return false;
    }
    reply.putLong(at + EntryOut.NODE, inode);
    reply.putLong(at + EntryOut.GENERATION, 0);
    reply.putLong(at + EntryOut.ENTRY_VALID, ENDLESS);
    reply.putLong(at + EntryOut.ATTR_VALID, validity(inode));
    reply.putLong(at + EntryOut.ENTRY_VALID_NANOS, 0); // and ATTR_VALID_NANOS behind it
    return true;
  }

  /** Writes that there is no such name, which the kernel is to remember. */
  static void writeAbsent(ByteBuffer reply, int at) {
    for (int i = 0; i < EntryOut.SIZE; i += Long.BYTES) {
      reply.putLong(at + i, 0);
    }
    reply.putLong(at + EntryOut.ENTRY_VALID, ENDLESS);
  }

  /** Writes a {@code struct fuse_attr}; as {@link ReadOnlyFileSystem#attributes}. */
  int writeAttributes(ByteBuffer reply, int at, long inode) {
    return fileSystem.attributes(inode, attributes.at(reply, at));
  }

  /** For how many seconds the attributes of an inode hold. */
  long validity(long inode) {
    return fileSystem.changes(inode) ? 0 : ENDLESS;
  }
}
