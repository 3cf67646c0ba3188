package io.loadstar.format;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.layer.Inode;
import io.loadstar.layer.LayerTree;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class LayerBlobTest {

  private static final byte[] HELLO = "hello".getBytes(UTF_8);
  private static final byte[] WORLD = "world!".getBytes(UTF_8);

  @ParameterizedTest
  @EnumSource
  void aBlobIsOpenedVerifiedAndRead(StargzFooter footer) throws IOException {
    byte[] blob = twoFilesInOneMember().finish(footer);

    LayerBlob opened = LayerBlob.open(new MemoryBlobSource(blob));
    Toc toc = opened.toc().verify(opened.toc().digest());
    LayerTree tree = LayerTree.of(toc, opened.tocOffset());

    assertEquals(new BlobFormat.EStargz(footer), opened.format());
    assertEquals(Map.of("a", "hello", "d/b", "world!"), contents(blob, opened, tree));
    assertEquals(11, tree.totalBytes());
    assertEquals(4, tree.count());
  }

  @Test
  void openingASmallBlobIsOneRead() throws IOException {
    byte[] blob = twoFilesInOneMember().finish(StargzFooter.LEGACY);
    MemoryBlobSource source = new MemoryBlobSource(blob);

    LayerBlob.open(source);

    assertEquals(List.of(new ByteRange(0, blob.length)), source.reads());
  }

  @Test
  void aTocLongerThanTheTailIsOneMoreRead() throws IOException {
    HandMadeBlob made = new HandMadeBlob();
    byte[] noise = new byte[LayerBlob.TAIL_BYTES];
    new java.util.Random(1).nextBytes(noise);
    made.member(noise);
    for (int i = 0; i < 20_000; i++) {
      made.row(
          TocEntry.of("f" + i, EntryType.REGULAR)
              .digest(Digest.of(Integer.toString(i).getBytes(UTF_8))));
    }
    byte[] blob = made.finish(StargzFooter.SUBFIELD);
    MemoryBlobSource source = new MemoryBlobSource(blob);

    LayerBlob opened = LayerBlob.open(source);

    int tail = blob.length - LayerBlob.TAIL_BYTES;
    assertEquals(
        List.of(
            new ByteRange(tail, LayerBlob.TAIL_BYTES), ByteRange.between(opened.tocOffset(), tail)),
        source.reads());
    assertEquals(20_000, opened.toc().acceptUnverified().entries().size());
  }

  @Test
  void aTocLongerThanAShorterTailIsOneMoreReadToo() throws IOException {
    byte[] blob = twoFilesInOneMember().finish(StargzFooter.LEGACY);
    MemoryBlobSource source = new MemoryBlobSource(blob);

    LayerBlob opened = LayerBlob.open(source, BlobFormat.MAX_FOOTER, ExternalTocs.NONE);

    int tail = blob.length - BlobFormat.MAX_FOOTER;
    assertEquals(
        List.of(
            new ByteRange(tail, BlobFormat.MAX_FOOTER),
            ByteRange.between(opened.tocOffset(), tail)),
        source.reads());
    assertEquals(LayerBlob.open(new MemoryBlobSource(blob)).toc().digest(), opened.toc().digest());
  }

  @Test
  void ofLargerBlobsMoreOfTheEndIsWanted() {
    assertEquals(64 << 10, LayerBlob.tailBytes(0));
    assertEquals(100_000, LayerBlob.tailBytes(12_800_000));
    assertEquals(LayerBlob.TAIL_BYTES, LayerBlob.tailBytes(1L << 40));
  }

  @Test
  void aTocOfAnotherDigestIsRefused() throws IOException {
    byte[] blob = twoFilesInOneMember().finish(StargzFooter.LEGACY);
    UnverifiedToc toc = LayerBlob.open(new MemoryBlobSource(blob)).toc();

    Digest other = Digest.of(HELLO);
    var refused = assertThrows(DigestMismatchException.class, () -> toc.verify(other));

    assertEquals(other, refused.expected());
    assertEquals(toc.digest(), refused.actual());
  }

  @Test
  void aTocKeptAsJsonIsTheSame() throws IOException {
    byte[] blob = twoFilesInOneMember().finish(StargzFooter.LEGACY);
    LayerBlob opened = LayerBlob.open(new MemoryBlobSource(blob));
    byte[] kept = new byte[opened.toc().json().remaining()];
    opened.toc().json().get(kept);

    UnverifiedToc again = UnverifiedToc.of(kept, opened.tocOffset());

    Toc toc = again.verify(opened.toc().digest());
    assertEquals(opened.toc().acceptUnverified().entries().size(), toc.entries().size());
  }

  @Test
  void aChunkWithAnotherDigestIsNotHandedOut() throws IOException {
    HandMadeBlob made = new HandMadeBlob();
    long member = made.member(HELLO);
    made.row(
        TocEntry.of("a", EntryType.REGULAR)
            .size(HELLO.length)
            .offset(member)
            .chunkDigest(Digest.of(WORLD)));
    byte[] blob = made.finish(StargzFooter.LEGACY);
    LayerBlob opened = LayerBlob.open(new MemoryBlobSource(blob));
    LayerTree tree = LayerTree.of(opened.toc().acceptUnverified(), opened.tocOffset());

    assertThrows(DigestMismatchException.class, () -> contents(blob, opened, tree));
  }

  @Test
  void anOrdinaryLayerIsNotMalformedButUnsupported() {
    byte[] blob = HandMadeBlob.gzip(HandMadeBlob.tar("a", HELLO));

    var refused =
        assertThrows(
            UnsupportedBlobException.class, () -> LayerBlob.open(new MemoryBlobSource(blob)));

    assertEquals("an ordinary layer: it ends without a footer", refused.getMessage());
  }

  private static HandMadeBlob twoFilesInOneMember() {
    HandMadeBlob made = new HandMadeBlob();
    long member = made.member("hello--world!-- and more".getBytes(UTF_8));
    made.row(file("a", HELLO).offset(member));
    made.row(file("d/b", WORLD).offset(member).innerOffset(7));
    return made;
  }

  private static TocEntry.Builder file(String name, byte[] content) {
    return TocEntry.of(name, EntryType.REGULAR)
        .size(content.length)
        .chunkDigest(Digest.of(content));
  }

  private static Map<String, String> contents(byte[] blob, LayerBlob opened, LayerTree tree)
      throws IOException {
    Map<Long, String> byInode = new HashMap<>();
    try (ChunkDecoder decoder = ChunkDecoder.of(opened.format())) {
      for (var member : tree.members()) {
        new MemoryBlobSource(blob)
            .readRanges(
                List.of(member.range()),
                (range, bytes) ->
                    decoder.decode(
                        bytes,
                        member,
                        (chunk, content) ->
                            byInode.merge(
                                chunk.inode(), UTF_8.decode(content).toString(), String::concat)));
      }
    }
    Map<String, String> byName = new HashMap<>();
    for (String name : new ArrayList<>(List.of("a", "d/b"))) {
      tree.find(name).map(Inode::number).ifPresent(n -> byName.put(name, byInode.get(n)));
    }
    return byName;
  }
}
