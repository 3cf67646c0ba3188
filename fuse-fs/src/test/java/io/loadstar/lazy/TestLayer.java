package io.loadstar.lazy;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.StargzFooter;
import io.loadstar.layer.Inode;
import io.loadstar.layer.Landmark;
import io.loadstar.layer.LayerTree;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/**
 * A blob of known files, with its tree: which member holds what is the test's to say. Immutable.
 *
 * @param blob the bytes
 * @param tree its files
 * @param files their content by path, in the order of the blob
 */
@SuppressWarnings("ArrayRecordComponent")
public record TestLayer(byte[] blob, LayerTree tree, Map<String, byte[]> files) {

  /** What stands behind the payload, where a real blob has TOC and footer. */
  public static final int TAIL = 1000;

  public static final BlobFormat FORMAT = new BlobFormat.EStargz(StargzFooter.LEGACY);

  /** Begins a layer. */
  public static Builder builder() {
    return new Builder();
  }

  public Digest digest() {
    return Digest.of(blob);
  }

  public Inode.RegularFile file(String path) {
    return (Inode.RegularFile) tree.find(path).orElseThrow();
  }

  public byte[] content(String path) {
    byte[] content = files.get(path);
    if (content == null) {
      throw new IllegalArgumentException("no file " + path);
    }
    return content;
  }

  /** Where the member is that holds a file's chunk. */
  public ByteRange member(String path, int chunk) {
    return file(path).chunks().get(chunk).member();
  }

  /** Its blob as a source. */
  public TestBlobSource source() {
    return new TestBlobSource(blob.clone(), digest());
  }

  public LazyLayer.Content content(TestBlobSource source) {
    return new LazyLayer.Content(tree, FORMAT, source);
  }

  /** Bytes that don't compress. */
  public static byte[] randomBytes(Random random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  /** Puts a layer together. Not thread-safe. */
  public static final class Builder {
    private final Map<String, byte[]> files = new LinkedHashMap<>();
    private int chunkSize = 4 << 20;
    private int memberSize;
    private boolean digests = true;
    private final List<Piece> unread = new ArrayList<>();

    private final ByteArrayOutputStream blob = new ByteArrayOutputStream();
    private final ByteArrayOutputStream member = new ByteArrayOutputStream();
    private final List<TocEntry> rows = new ArrayList<>();

    public Builder file(String path, byte[] content) {
      files.put(path, content);
      return this;
    }

    /** A row of the TOC that has no content: a directory, a link, a device. */
    public Builder row(TocEntry.Builder row) {
      rows.add(row.build());
      return this;
    }

    /** The landmark: what was added before is to be prefetched. */
    public Builder landmark() {
      return file(Landmark.PREFETCH, new byte[] {Landmark.CONTENT});
    }

    /** Bytes of a file that are verified as a unit. */
    public Builder chunkSize(int bytes) {
      chunkSize = bytes;
      return this;
    }

    /** Payload goes into one member until that has this many uncompressed bytes. */
    public Builder memberSize(int bytes) {
      memberSize = bytes;
      return this;
    }

    /** A chunk that isn't to be prefetched. */
    public Builder unread(String path, int chunk) {
      unread.add(new Piece(path, chunk));
      return this;
    }

    private record Piece(String path, int chunk) {}

    /** As old writers did it. */
    public Builder withoutDigests() {
      digests = false;
      return this;
    }

    public TestLayer build() {
      files.forEach(this::append);
      endMember();
      long payloadEnd = blob.size();
      blob.writeBytes(new byte[TAIL]);
      try {
        LayerTree whole = LayerTree.of(new Toc(Toc.VERSION, rows), payloadEnd);
        List<ByteRange> ranges =
            unread.stream()
                .map(piece ->
                    ((Inode.RegularFile) whole.find(piece.path).orElseThrow())
                        .chunks()
                        .get(piece.chunk)
                        .member())
                .toList();
        LayerTree tree = LayerTree.of(new Toc(Toc.VERSION, rows, ranges), payloadEnd);
        return new TestLayer(blob.toByteArray(), tree, files);
      } catch (MalformedBlobException e) {
        throw new IllegalStateException(e);
      }
    }

    private void append(String path, byte[] content) {
      if (content.length == 0) {
        rows.add(TocEntry.of(path, EntryType.REGULAR).build());
      }
      for (int start = 0; start < content.length; start += chunkSize) {
        byte[] chunk =
            Arrays.copyOfRange(content, start, Math.min(content.length, start + chunkSize));
        boolean first = start == 0;
        if (member.size() >= memberSize || path.equals(Landmark.PREFETCH)) {
          endMember();
        }
        member.writeBytes(new byte[member.size() == 0 ? 0 : 512]); // a header, say
        TocEntry.Builder row =
            TocEntry.of(path, first ? EntryType.REGULAR : EntryType.CHUNK)
                .mode(0644)
                .offset(blob.size())
                .innerOffset(member.size())
                .chunkOffset(start)
                .chunkSize(chunk.length);
        if (first) {
          row.size(content.length);
        }
        if (digests) {
          row.chunkDigest(Digest.of(chunk));
        }
        if (digests && first) {
          row.digest(Digest.of(content));
        }
        rows.add(row.build());
        member.writeBytes(chunk);
      }
    }

    private void endMember() {
      if (member.size() == 0) {
        return;
      }
      try (GZIPOutputStream gzip = new GZIPOutputStream(blob)) {
        member.writeTo(gzip);
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
      member.reset();
    }
  }
}
