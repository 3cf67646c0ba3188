package io.loadstar.layout;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.tar.EntryName;
import io.loadstar.tar.TarEntry;
import io.loadstar.tar.TarReader;
import io.loadstar.tar.UnsupportedTarException;
import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A tar on disk whose files are read in place. Immutable and thread-safe; closed by whoever opened
 * it. Its headers are read once, its payloads are skipped; nothing of it is unpacked, so that no
 * name in it can lead anywhere. One that is compressed is decompressed to a temporary file first.
 */
final class TarArchive implements Closeable {

  /** An image has some hundreds; each costs memory here. */
  static final int MAX_ENTRIES = 100_000;

  /** Links from one to another; docker save makes one at most. */
  private static final int MAX_LINKS = 8;

  private static final int HEADER_BUFFER = 1 << 12;

  private final Path file;
  private final OpenTar tar;
  private final Map<String, Entry> entries;

  /**
   * @param link what it leads to, cleaned, if it is a link
   */
  private record Entry(long offset, long size, @Nullable String link) {}

  private TarArchive(Path file, OpenTar tar, Map<String, Entry> entries) {
    this.file = file;
    this.tar = tar;
    this.entries = entries;
  }

  /**
   * Opens one.
   *
   * @throws LayoutException if it isn't there, or is no tar
   */
  static TarArchive open(Path file) throws IOException {
    if (!Files.isRegularFile(file)) {
      throw new LayoutException.NotALayout(
          "archive "
              + file
              + (Files.exists(file) ? " isn't a file" : " isn't there")
              + " – check the path",
          new NoSuchFileException(file.toString()));
    }
    OpenTar tar = OpenTar.open(file);
    try {
      return new TarArchive(file, tar, index(file, tar.channel()));
    } catch (IOException | RuntimeException e) {
      tar.close();
      throw e;
    }
  }

  private static Map<String, Entry> index(Path file, FileChannel channel) throws IOException {
    Map<String, Entry> entries = new HashMap<>();
    long size = channel.size();
    long position = 0;
    try {
      for (int count = 0; ; count++) {
        channel.position(position);
        TarReader reader =
            new TarReader(new BufferedInputStream(Channels.newInputStream(channel), HEADER_BUFFER));
        TarEntry entry = reader.next();
        if (entry == null) {
          return entries;
        }
        if (count == MAX_ENTRIES) {
          throw malformed(file, "it has more than " + MAX_ENTRIES + " entries", null);
        }
        long payload = position + entry.payloadOffset();
        if (entry.size() > size - payload) {
          throw malformed(file, "it is cut off in " + entry.name() + ", at byte " + size, null);
        }
        entries.put(EntryName.clean(entry.name()), entry(entry, payload));
        position = Math.min(size, payload + entry.paddedSize());
      }
    } catch (UnsupportedTarException | MalformedBlobException e) {
      throw malformed(file, e.getMessage() + " (behind byte " + position + ")", e);
    }
  }

  private static Entry entry(TarEntry entry, long payload) {
    return switch (entry.type()) {
      case HARDLINK -> new Entry(payload, 0, EntryName.clean(entry.linkName()));
      case SYMLINK -> {
        String name = EntryName.clean(entry.name());
        String folder = name.substring(0, name.lastIndexOf('/') + 1);
        String target = entry.linkName();
        yield new Entry(
            payload, 0, EntryName.clean(target.startsWith("/") ? target : folder + target));
      }
      case REGULAR, CHARACTER_DEVICE, BLOCK_DEVICE, DIRECTORY, FIFO ->
          new Entry(payload, entry.size(), null);
    };
  }

  Path file() {
    return file;
  }

  boolean has(String name) throws LayoutException {
    return find(name).isPresent();
  }

  /**
   * A file as a whole.
   *
   * @throws LayoutException if it isn't there or has more than {@code limit} bytes
   */
  byte[] read(String name, int limit) throws IOException {
    Entry entry = require(name);
    if (entry.size() > limit) {
      throw malformed(file, name + " has " + entry.size() + " bytes, too many", null);
    }
    ByteBuffer bytes = ByteBuffer.allocate((int) entry.size());
    new FilePart(tar.channel(), entry.offset(), entry.size()).readFully(0, bytes);
    return bytes.array();
  }

  /**
   * A file as the blob {@code digest}, which is taken on trust. Valid until this archive is closed.
   *
   * @throws LayoutException if it isn't there
   */
  BlobSource blob(String name, Digest digest) throws LayoutException {
    Entry entry = require(name);
    return new ArchivedBlob(
        new FilePart(tar.channel(), entry.offset(), entry.size()), file + ", " + name, digest);
  }

  private Entry require(String name) throws LayoutException {
    return find(name)
        .orElseThrow(
            () -> new LayoutException.NotFound("archive " + file + " has no " + name + " in it"));
  }

  private Optional<Entry> find(String name) throws LayoutException {
    String current = EntryName.clean(name);
    for (int links = 0; links <= MAX_LINKS; links++) {
      Entry entry = entries.get(current);
      if (entry == null) {
        return Optional.empty();
      }
      if (entry.link() == null) {
        return Optional.of(entry);
      }
      current = entry.link();
    }
    throw malformed(file, name + " is a link that leads nowhere", null);
  }

  private static LayoutException malformed(Path file, String problem, @Nullable Throwable cause) {
    return new LayoutException.MalformedArchive(file, problem, cause);
  }

  @Override
  public void close() throws IOException {
    tar.close();
  }
}
