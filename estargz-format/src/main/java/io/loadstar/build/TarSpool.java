package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.format.BlobFormat;
import io.loadstar.layer.Landmark;
import io.loadstar.tar.EntryName;
import io.loadstar.tar.TarEntry;
import io.loadstar.tar.TarInput;
import io.loadstar.tar.TarReader;
import io.loadstar.tar.TarWriter;
import io.loadstar.tar.UnsupportedTarException;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import io.loadstar.toc.TocJson;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A layer's tar, uncompressed, in a temporary file, and what its entries are. An order for them can
 * only be found when all are known.
 *
 * <p>Reading is thread-safe. Whoever made it closes it; the file has no name from the start, so
 * that nothing stays behind.
 */
final class TarSpool implements Closeable {

  private static final int BUFFER = 1 << 18;

  /** RFC 3339 has years of four digits: a time beyond is left out of the TOC. */
  private static final Instant FIRST_TIME = Instant.parse("0001-01-01T00:00:00Z");

  private static final Instant END_OF_TIME = Instant.parse("+10000-01-01T00:00:00Z");

  private final FileChannel channel;
  private final boolean lossless;
  private final List<SpooledEntry> entries = new ArrayList<>();

  /** What follows the last entry. */
  private ByteRange rest = new ByteRange(0, 0);

  private TarSpool(FileChannel channel, boolean lossless) {
    this.channel = channel;
    this.lossless = lossless;
  }

  /**
   * Spools {@code layer}, which is tar, gzip or zstd, to its end. TOC and landmarks of an earlier
   * conversion are left out; but nothing at all is where the layer has to stay as it is.
   *
   * @param directory where there is room for it
   * @param options say how much is taken, and whether it has to stay as it is
   * @throws IOException if it can't be read, isn't a tar that can be taken, or can't be written
   */
  static TarSpool of(InputStream layer, Path directory, BuildOptions options) throws IOException {
    Path file = Files.createTempFile(directory, "loadstar-", ".spool");
    FileChannel channel =
        FileChannel.open(
            file,
            StandardOpenOption.READ,
            StandardOpenOption.WRITE,
            StandardOpenOption.DELETE_ON_CLOSE);
    TarSpool spool = new TarSpool(channel, options.lossless());
    try {
      spool.fill(layer, options);
      return spool;
    } catch (IOException | RuntimeException e) {
      spool.close();
      throw e;
    }
  }

  private void fill(InputStream layer, BuildOptions options) throws IOException {
    InputStream opened = new CappedInputStream(TarInput.open(layer), options.maxLayerBytes());
    Tee tar = new Tee(new BufferedInputStream(opened, BUFFER));
    TarReader reader = new TarReader(tar);
    for (TarEntry entry = reader.next(); entry != null; entry = reader.next()) {
      String cleanName = EntryName.clean(entry.name());
      if (isOwn(cleanName)) {
        requireLossy(entry);
        continue;
      }
      if (entries.size() == TocJson.MAX_ENTRIES) {
        throw new UnsupportedTarException("a layer of more than " + entries.size() + " entries");
      }
      entries.add(lossless ? asItIs(entry, cleanName) : spooled(entry, cleanName, tar));
    }
    if (lossless) {
      tar.keepRest();
      rest = ByteRange.between(entriesEnd(), tar.written());
    } else {
      tar.flush();
      tar.drain();
      rest = options.format() instanceof BlobFormat.EStargz ? rest : endOfArchive(tar.written());
    }
  }

  private void requireLossy(TarEntry entry) throws UnsupportedTarException {
    if (lossless) {
      throw new UnsupportedTarException(
          "lossless: the layer has "
              + entry.name()
              + ", the format's own: convert what it was made from");
    }
  }

  /** With all that stands between the entry before and its headers: global PAX headers. */
  private SpooledEntry asItIs(TarEntry entry, String cleanName) {
    long offset = entriesEnd();
    int headers = (int) (entry.payloadOffset() - offset);
    return new SpooledEntry(cleanName, row(entry), offset, headers);
  }

  private long entriesEnd() {
    return entries.isEmpty() ? 0 : entries.getLast().end();
  }

  /** Where the TOC isn't in the tar, which would end it. */
  private ByteRange endOfArchive(long offset) throws IOException {
    writeFully(ByteBuffer.allocate(TarWriter.END_OF_ARCHIVE), offset);
    return new ByteRange(offset, TarWriter.END_OF_ARCHIVE);
  }

  /** What follows the last entry: the end of the archive, where it isn't the TOC's. */
  ByteRange rest() {
    return rest;
  }

  /** Headers that were folded are put in front of the payload, behind those that they replace. */
  private static SpooledEntry spooled(TarEntry entry, String cleanName, Tee tar)
      throws IOException {
    TarEntry.Headers headers = entry.headers();
    if (headers.folded().isEmpty()) {
      long offset = headers.offset() + tar.inserted();
      return new SpooledEntry(cleanName, row(entry), offset, headers.size());
    }
    ByteBuffer folded = headers.folded().get().duplicate();
    long offset = headers.offset() + headers.size() + tar.inserted();
    int size = folded.remaining();
    tar.insert(folded);
    return new SpooledEntry(cleanName, row(entry), offset, size);
  }

  private static boolean isOwn(String cleanName) {
    return cleanName.equals(Toc.ENTRY_NAME)
        || cleanName.equals(Landmark.PREFETCH)
        || cleanName.equals(Landmark.NO_PREFETCH);
  }

  private static TocEntry row(TarEntry entry) {
    TarEntry.Owner owner = entry.owner();
    return TocEntry.of(entry.name(), type(entry))
        .size(entry.size())
        .modtime(writable(entry.mtime()))
        .linkName(entry.linkName())
        .mode(owner.mode())
        .uid(owner.uid())
        .gid(owner.gid())
        .userName(owner.userName())
        .groupName(owner.groupName())
        .devMajor(entry.device().major())
        .devMinor(entry.device().minor())
        .xattrs(entry.xattrs())
        .build();
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

  private static @Nullable Instant writable(Instant time) {
    return time.isBefore(FIRST_TIME) || !time.isBefore(END_OF_TIME) ? null : time;
  }

  /** The entries, in the order of the input. */
  List<SpooledEntry> entries() {
    return entries;
  }

  /**
   * Adds a file of the format's own behind all others.
   *
   * @throws IOException if it can't be written
   */
  SpooledEntry append(String name, byte[] content) throws IOException {
    ByteBuffer bytes =
        ByteBuffer.allocate(TarWriter.BLOCK + content.length + TarWriter.padding(content.length));
    bytes.put(TarWriter.header(name, content.length)).put(content).rewind();
    long offset = channel.size();
    writeFully(bytes, offset);
    TocEntry row = TocEntry.of(name, EntryType.REGULAR).size(content.length).build();
    return new SpooledEntry(name, row, offset, TarWriter.BLOCK);
  }

  /**
   * Adds bytes behind all else.
   *
   * @return how many bytes there are then
   * @throws IOException if they can't be written
   */
  long append(ByteBuffer bytes) throws IOException {
    writeFully(bytes, channel.size());
    return channel.size();
  }

  private void writeFully(ByteBuffer bytes, long offset) throws IOException {
    long position = offset;
    while (bytes.hasRemaining()) {
      position += channel.write(bytes, position);
    }
  }

  /**
   * Reads {@code length} bytes from {@code offset} into the start of {@code target}.
   *
   * @throws IOException if they can't be read
   */
  void read(long offset, byte[] target, int length) throws IOException {
    ByteBuffer bytes = ByteBuffer.wrap(target, 0, length);
    long position = offset;
    while (bytes.hasRemaining()) {
      int count = channel.read(bytes, position);
      if (count < 0) {
        throw new EOFException("spool: ends at " + position);
      }
      position += count;
    }
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }

  /** Hands the tar on and keeps what it handed on: nothing but what the reader has taken. */
  private final class Tee extends FilterInputStream {
    private final ByteBuffer pending = ByteBuffer.allocate(BUFFER);
    private long written;
    private long inserted;

    Tee(InputStream tar) {
      super(tar);
    }

    @Override
    public int read() throws IOException {
      byte[] one = new byte[1];
      return read(one, 0, 1) < 0 ? -1 : one[0] & 0xff;
    }

    @Override
    public int read(byte[] target, int start, int length) throws IOException {
      int count = in.read(target, start, Math.min(length, pending.capacity()));
      if (count > 0) {
        if (pending.remaining() < count) {
          flush();
        }
        pending.put(target, start, count);
      }
      return count;
    }

    /** Keeps bytes that aren't of the tar, behind what was taken of it. */
    void insert(ByteBuffer bytes) throws IOException {
      flush();
      int length = bytes.remaining();
      writeFully(bytes, written);
      written += length;
      inserted += length;
    }

    /** How many bytes aren't the tar's. */
    long inserted() {
      return inserted;
    }

    void flush() throws IOException {
      pending.flip();
      int length = pending.remaining();
      writeFully(pending, written);
      written += length;
      pending.clear();
    }

    /** How many bytes are kept, once they are flushed. */
    long written() {
      return written;
    }

    /** Keeps what is behind the archive as well. */
    void keepRest() throws IOException {
      byte[] more = new byte[BUFFER];
      int count;
      do {
        count = read(more, 0, more.length);
      } while (count >= 0);
      flush();
    }

    /** Reads what is behind the archive, so that a checksum there is checked too. */
    void drain() throws IOException {
      byte[] rest = new byte[BUFFER];
      int count;
      do {
        count = in.read(rest);
      } while (count >= 0);
    }
  }
}
