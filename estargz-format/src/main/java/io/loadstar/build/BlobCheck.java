package io.loadstar.build;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.codec.MemberDecoder;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.ChunkDecoder;
import io.loadstar.format.LayerBlob;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.Member;
import io.loadstar.toc.Toc;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.ExecutorService;

/**
 * Opens a blob that was built as its readers will, and looks whether all of it is as it should be:
 * footer, TOC, tree, the digest of each chunk, the checksums of each member. Used once.
 */
final class BlobCheck {

  /** Compressed bytes that one task checks. */
  private static final long BATCH_BYTES = 4 << 20;

  private static final int WINDOW = 64 << 10;

  private final BuiltLayer built;
  private final ExecutorService workers;

  BlobCheck(BuiltLayer built, ExecutorService workers) {
    this.built = built;
    this.workers = workers;
  }

  /**
   * @param file the blob
   * @throws IOException if anything in it is wrong
   */
  void check(Path file) throws IOException {
    try (BlobSource blob = FileBlobSource.open(file, built.digest());
        OrderedWork<Boolean> work = new OrderedWork<>(workers)) {
      List<Member> members = members(blob);
      BlobFormat format = built.format();
      long firstPayload =
          members.isEmpty() ? built.tocOffset() : members.getFirst().range().offset();
      work.add(() -> checkStart(blob, format, firstPayload));
      for (int start = 0; start < members.size(); ) {
        int end = batchEnd(members, start);
        List<Member> batch = members.subList(start, end);
        work.add(() -> checkMembers(blob, format, batch));
        start = end;
      }
      while (work.pending() > 0) {
        work.take();
      }
    }
  }

  private List<Member> members(BlobSource blob) throws IOException {
    LayerTree tree = LayerTree.of(toc(blob), built.tocOffset());
    if (tree.unverifiableChunks() > 0) {
      throw new MalformedBlobException("built blob: not what was built", built.tocOffset());
    }
    return tree.members();
  }

  /** Alone, so that its JSON, which may be large, is forgotten before the tree is made. */
  private Toc toc(BlobSource blob) throws IOException {
    LayerBlob opened = LayerBlob.open(blob, layer -> externalToc());
    if (opened.tocOffset() != built.tocOffset() || !opened.format().equals(built.format())) {
      throw new MalformedBlobException("built blob: not what was built", opened.tocOffset());
    }
    return opened.toc().verify(built.tocDigest());
  }

  private static int batchEnd(List<Member> members, int start) {
    long first = members.get(start).range().offset();
    int end = start + 1;
    while (end < members.size() && members.get(end).range().end() - first < BATCH_BYTES) {
      end++;
    }
    return end;
  }

  private byte[] externalToc() {
    ByteBuffer layer = built.toc().external().orElseThrow();
    byte[] bytes = new byte[layer.remaining()];
    layer.duplicate().get(bytes);
    return bytes;
  }

  /** The first member has headers only, and no row of the TOC says where it is. */
  private static boolean checkStart(BlobSource blob, BlobFormat format, long end)
      throws IOException {
    if (end > 0) {
      try (MemberDecoder decoder = format.newDecoder()) {
        decoder.reset(0);
        blob.readRanges(
            List.of(new ByteRange(0, end)), (range, bytes) -> decodeAll(bytes, decoder));
      }
    }
    return true;
  }

  private static void decodeAll(InputStream bytes, MemberDecoder decoder) throws IOException {
    byte[] window = new byte[WINDOW];
    ByteBuffer content = ByteBuffer.allocate(WINDOW);
    int count = bytes.read(window);
    while (count >= 0) {
      ByteBuffer in = ByteBuffer.wrap(window, 0, count);
      while (in.hasRemaining()) {
        decoder.decode(in, content.clear());
      }
      count = bytes.read(window);
    }
    do {
      decoder.decode(ByteBuffer.allocate(0), content.clear());
    } while (content.position() > 0);
    if (!decoder.isBetweenMembers()) {
      throw new MalformedBlobException("built blob: a member is cut off", decoder.offset());
    }
  }

  private static boolean checkMembers(BlobSource blob, BlobFormat format, List<Member> members)
      throws IOException {
    ByteRange range =
        ByteRange.between(members.getFirst().range().offset(), members.getLast().range().end());
    try (ChunkDecoder decoder = ChunkDecoder.of(format)) {
      blob.readRanges(
          List.of(range),
          (same, bytes) -> {
            for (Member member : members) {
              decoder.decodeWhole(bytes, member, (chunk, content) -> {});
            }
          });
    }
    return true;
  }
}
