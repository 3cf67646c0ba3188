package io.loadstar.fuzz;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.build.BuildOptions;
import io.loadstar.build.LayerBuilder;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.ChunkDecoder;
import io.loadstar.format.HandMadeBlob;
import io.loadstar.format.LayerBlob;
import io.loadstar.format.MemoryBlobSource;
import io.loadstar.format.StargzFooter;
import io.loadstar.gzip.GzipMembersInputStream;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.Member;
import io.loadstar.layer.OverlayView;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.tar.TarBytes;
import io.loadstar.tar.TarInput;
import io.loadstar.tar.TarReader;
import io.loadstar.tar.UnsupportedTarException;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;

/**
 * What is fuzzed. A target takes any bytes: it returns whether they were read or refused, and
 * throws if they gave an error that isn't documented.
 */
enum FuzzTarget {

  /** The end of a blob. */
  FOOTER {
    @Override
    void read(byte[] input) throws IOException {
      BlobFormat format = BlobFormat.detect(ByteBuffer.wrap(input));
      LayerBlob blob = LayerBlob.open(new MemoryBlobSource(input));
      require(blob.format().equals(format), "another format");
      require(blob.tocOffset() >= 0 && blob.tocOffset() <= input.length, "a TOC outside the blob");
    }
  },

  /** The JSON of a TOC, and the tree that it gives. */
  TOC {
    @Override
    void read(byte[] input) throws IOException {
      readWhole(new HandMadeBlob().finish(input, StargzFooter.LEGACY));
    }
  },

  /** A tar, as it is and with its headers' checksums made right. */
  TAR {
    @Override
    void read(byte[] input) throws IOException {
      try {
        readTar(input);
      } catch (MalformedBlobException e) {
        readTar(withRightChecksums(input));
      }
    }
  },

  /** A layer that is to be converted: tar, gzip or zstd; then what was built of it. */
  LAYER {
    @Override
    void read(byte[] input) throws IOException {
      Path directory = Files.createTempDirectory("loadstar-fuzz");
      Path file = directory.resolve("built");
      try (LayerBuilder builder = new LayerBuilder(1)) {
        builder.build(
            new ByteArrayInputStream(withRightChecksums(input)),
            file,
            BuildOptions.DEFAULT.withChunkSize(700).withMaxLayerBytes(MAX_BYTES));
        readWhole(Files.readAllBytes(file));
      } finally {
        Files.deleteIfExists(file);
        Files.delete(directory); // fails if anything else was left
      }
    }
  },

  /** Any number of gzip members. */
  GZIP {
    @Override
    void read(byte[] input) throws IOException {
      try (InputStream members = new GzipMembersInputStream(new ByteArrayInputStream(input))) {
        members.transferTo(OutputStream.nullOutputStream());
      }
    }
  },

  /** A member whose chunks are as the first bytes say, without digests. */
  CHUNK {
    @Override
    void read(byte[] input) throws IOException {
      int rows = input.length == 0 ? 0 : input[0] & 3;
      int start = 1 + rows * ROW;
      if (start > input.length) {
        return;
      }
      byte[] member = Arrays.copyOfRange(input, start, input.length);
      HandMadeBlob blob = new HandMadeBlob();
      for (int i = 0; i < rows; i++) {
        ByteBuffer row = ByteBuffer.wrap(input, 1 + i * ROW, ROW);
        blob.row(
            TocEntry.of("f" + i, EntryType.REGULAR)
                .size(row.getShort())
                .innerOffset(row.getInt())
                .chunkSize(row.getShort())
                .offset(row.get()));
      }
      byte[] toc = blob.finish(StargzFooter.SUBFIELD);
      LayerBlob opened = LayerBlob.open(new MemoryBlobSource(toc));
      LayerTree tree = LayerTree.of(opened.toc().acceptUnverified(), member.length);
      decode(tree, opened.format(), member);
    }
  },

  /** A whole blob, of any format. */
  BLOB {
    @Override
    void read(byte[] input) throws IOException {
      readWhole(input);
    }
  };

  /** Enough for anything that a small input should give. */
  static final long MAX_BYTES = 8 << 20;

  private static final int ROW = 2 + 4 + 2 + 1;
  private static final int BLOCK = 512;

  /**
   * Reads {@code input}.
   *
   * @throws IOException if it is refused
   */
  abstract void read(byte[] input) throws IOException;

  /**
   * Whether {@code input} could be read.
   *
   * @throws AssertionError if it was refused in a way that isn't documented
   */
  boolean accepts(byte[] input) {
    try {
      read(input);
      return true;
    } catch (MalformedBlobException
        | UnsupportedBlobException
        | UnsupportedTarException
        | DigestMismatchException e) {
      require(e.getMessage() != null && !e.getMessage().contains("\n"), "not told in a line");
      return false;
    } catch (IOException e) {
      throw new AssertionError("another error than may be", e);
    }
  }

  /** The name of its directory in the corpus. */
  String directory() {
    return name().toLowerCase(Locale.ROOT);
  }

  private static void readTar(byte[] input) throws IOException {
    try (InputStream tar = TarInput.open(new ByteArrayInputStream(input))) {
      TarReader reader = new TarReader(tar);
      byte[] payload = new byte[1000];
      while (reader.next() != null) {
        require(reader.offset() <= MAX_BYTES, "more than is there");
        int count = reader.read(payload, 0, payload.length);
        require(count != 0, "a read of nothing");
      }
    }
  }

  private static byte[] withRightChecksums(byte[] tar) {
    byte[] right = tar.clone();
    for (int at = 0; at + BLOCK <= right.length; at += BLOCK) {
      if (Arrays.equals(right, at + 257, at + 262, USTAR, 0, USTAR.length)) {
        byte[] block = TarBytes.checksummed(Arrays.copyOfRange(right, at, at + BLOCK));
        System.arraycopy(block, 0, right, at, BLOCK);
      }
    }
    return right;
  }

  private static final byte[] USTAR = {'u', 's', 't', 'a', 'r'};

  private static void readWhole(byte[] bytes) throws IOException {
    try (BlobSource source = new MemoryBlobSource(bytes)) {
      LayerBlob blob = LayerBlob.open(source);
      Toc toc = blob.toc().acceptUnverified();
      LayerTree tree = LayerTree.of(toc, blob.tocOffset());
      LayerTree view = OverlayView.of(tree, OverlayXattrs.TRUSTED);
      LayerTree atOnce = OverlayView.of(toc, blob.tocOffset(), OverlayXattrs.TRUSTED);
      require(view.index().equals(atOnce.index()), "another view");
      decode(tree, blob.format(), bytes);
    }
  }

  private static void decode(LayerTree tree, BlobFormat format, byte[] bytes) throws IOException {
    List<Member> members = tree.members();
    try (ChunkDecoder decoder = ChunkDecoder.of(format)) {
      for (Member member : members) {
        int start = (int) member.range().offset();
        int length = (int) member.range().length();
        decoder.decodeWhole(
            new ByteArrayInputStream(bytes, start, length),
            member,
            (chunk, content) ->
                require(content.remaining() == chunk.chunk().size(), "a chunk of another size"));
      }
    }
  }

  private static void require(boolean holds, String otherwise) {
    if (!holds) {
      throw new AssertionError(otherwise);
    }
  }
}
