package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.TocEntry;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class LayerTreeTest {

  @Test
  void entriesAreListedByNameAndFoundByIt() throws MalformedBlobException {
    LayerTree tree =
        new TestToc().directory("d/").empty("d/b").empty("d/é").empty("d/a").empty("d/ab").tree();
    long d = lookup(tree, LayerTree.ROOT, "d");

    List<String> names = new ArrayList<>();
    for (int i = 0; i < tree.entryCount(d); i++) {
      names.add(new String(tree.entryName(d, i), UTF_8));
      assertEquals(lookup(tree, d, names.getLast()), tree.entryInode(d, i));
    }

    assertEquals(List.of("a", "ab", "b", "é"), names);
    assertEquals(0, lookup(tree, d, "c"));
    assertEquals(0, lookup(tree, d, ""));
    assertEquals(0, lookup(tree, lookup(tree, d, "a"), "x"));
    assertEquals(0, lookup(tree, 999, "x"));
    assertEquals(0, lookup(tree, -1, "x"));
    assertNull(tree.inode(0));
    assertNull(tree.inode(-1));
    assertNull(tree.inode(tree.maxInode() + 1));
    assertEquals(0, tree.entryCount(lookup(tree, d, "a")));
    assertEquals(LayerTree.ROOT, tree.parent(d));
    assertEquals(LayerTree.ROOT, tree.parent(LayerTree.ROOT));
    assertEquals(0, tree.parent(lookup(tree, d, "a")));
    assertEquals(6, tree.count());
  }

  @Test
  void aLookupLeavesTheBufferWhereItWas() throws MalformedBlobException {
    LayerTree tree = new TestToc().empty("abc").tree();
    ByteBuffer name = ByteBuffer.wrap("-abc-".getBytes(UTF_8)).position(1).limit(4);

    assertEquals(2, tree.lookup(LayerTree.ROOT, name));
    assertEquals(1, name.position());
    assertEquals(4, name.limit());
  }

  @Test
  void anEmptyTocIsAnEmptyRoot() throws MalformedBlobException {
    LayerTree tree = new TestToc().tree();

    assertEquals(1, tree.count());
    assertEquals(Attributes.MISSING_PARENT, tree.find("").orElseThrow().attributes());
    assertEquals(2, tree.find("/").orElseThrow().linkCount());
  }

  @Test
  void theRootsRowIsTheRootsAttributes() throws MalformedBlobException {
    LayerTree tree =
        new TestToc()
            .row(
                TocEntry.of("./", EntryType.DIRECTORY)
                    .mode(0100000L | 0700)
                    .uid(5)
                    .modtime(Instant.ofEpochSecond(9, 5)))
            .tree();

    assertEquals(new Attributes(0700, 5, 0, 9, 5), tree.find("").orElseThrow().attributes());
    assertEquals(0, tree.entryCount(LayerTree.ROOT));
  }

  @Test
  void missingParentsAreMade() throws MalformedBlobException {
    LayerTree tree = new TestToc().empty("a/b/c").tree();

    assertEquals(Attributes.MISSING_PARENT, tree.find("a/b").orElseThrow().attributes());
    assertEquals(3, tree.find("a").orElseThrow().linkCount());
    assertEquals(2, tree.find("a/b").orElseThrow().linkCount());
  }

  @Test
  void aParentDescribedLaterKeepsWhatIsInIt() throws MalformedBlobException {
    LayerTree tree =
        new TestToc().empty("a/b").row(TocEntry.of("a/", EntryType.DIRECTORY).mode(0711)).tree();

    assertEquals(0711, tree.find("a").orElseThrow().attributes().permissions());
    assertTrue(tree.find("a/b").isPresent());
  }

  @Test
  void ofDuplicateNamesTheLastCounts() throws MalformedBlobException {
    LayerTree tree =
        new TestToc().file("a", 3, 10).symlink("./a", "x").empty("d/x").empty("d").tree();

    assertEquals("x", ((Inode.Symlink) tree.find("a").orElseThrow()).target());
    assertEquals(0, tree.find("d").orElseThrow().size());
    assertTrue(tree.find("d/x").isEmpty());
    assertEquals(0, tree.totalBytes());
    assertEquals(List.of(), tree.members());
  }

  @Test
  void hardlinksShareAnInodeWhereverTheyStand() throws MalformedBlobException {
    LayerTree tree =
        new TestToc()
            .hardlink("first", "./second")
            .hardlink("second", "/d/file")
            .file("d/file", 5, 10)
            .hardlink("third", "first")
            .tree();

    Inode file = tree.find("d/file").orElseThrow();
    assertEquals(4, file.linkCount());
    for (String name : List.of("first", "second", "third")) {
      assertEquals(file, tree.find(name).orElseThrow());
    }
    assertEquals(5, tree.totalBytes());
    assertEquals(3, tree.count());
  }

  @Test
  void hardlinksThatLeadNowhereAreRefused() {
    assertMalformed(new TestToc().hardlink("a", "b"));
    assertMalformed(new TestToc().hardlink("a", "a"));
    assertMalformed(new TestToc().hardlink("a", "b").hardlink("b", "c").hardlink("c", "a"));
    assertMalformed(new TestToc().directory("d").hardlink("a", "d"));
    assertMalformed(new TestToc().hardlink("a", ""));
    assertMalformed(new TestToc().empty("f").hardlink("a", "f/x"));
  }

  @Test
  void aLongChainOfHardlinksIsResolved() throws MalformedBlobException {
    int length = 100_000;
    TestToc toc = new TestToc();
    for (int i = 0; i < length; i++) {
      toc.hardlink("l" + i, "l" + (i + 1));
    }
    LayerTree tree = toc.empty("l" + length).tree();

    assertEquals(length + 1, tree.find("l0").orElseThrow().linkCount());
    assertEquals(2, tree.count());
  }

  @Test
  void whatStandsUnderAFileIsRefused() {
    assertMalformed(new TestToc().empty("a").empty("a/b"));
    assertMalformed(new TestToc().symlink("a", "b").empty("a/b"));
  }

  @Test
  void depthAndNamesAreCapped() throws MalformedBlobException {
    assertTrue(
        new TestToc()
            .empty("d/".repeat(LayerTree.MAX_DEPTH - 1) + "f")
            .tree()
            .find("d/".repeat(LayerTree.MAX_DEPTH - 1) + "f")
            .isPresent());
    assertMalformed(new TestToc().empty("d/".repeat(LayerTree.MAX_DEPTH) + "f"));
    assertEquals(2, new TestToc().empty("n".repeat(255)).tree().count());
    assertMalformed(new TestToc().empty("n".repeat(256)));
    assertMalformed(new TestToc().empty("é".repeat(128)));
    assertMalformed(new TestToc().empty("a\0b"));
    assertMalformed(new TestToc().empty("a\ud800b"));
    assertMalformed(new TestToc().symlink("l", ""));
    assertMalformed(new TestToc().symlink("l", "t".repeat(4096)));
    assertMalformed(new TestToc().row(TocEntry.of("./", EntryType.REGULAR)));
  }

  @Test
  void chunksCoverTheFileAndEndWhereTheNextMemberBegins() throws MalformedBlobException {
    LayerTree tree =
        new TestToc()
            .file("a", 10, 100, 4)
            .chunk(4, 4, 200)
            .chunk(8, 0, 300)
            .directory("d")
            .file("b", 7, 400)
            .tree();

    List<Chunk> chunks = ((Inode.RegularFile) tree.find("a").orElseThrow()).chunks();
    assertEquals(List.of(4L, 4L, 2L), chunks.stream().map(Chunk::size).toList());
    assertEquals(List.of(0L, 4L, 8L), chunks.stream().map(Chunk::fileOffset).toList());
    assertEquals(
        List.of(new ByteRange(100, 100), new ByteRange(200, 100), new ByteRange(300, 100)),
        chunks.stream().map(Chunk::member).toList());
    List<Chunk> last = ((Inode.RegularFile) tree.find("b").orElseThrow()).chunks();
    assertEquals(ByteRange.between(400, TestToc.END), last.getFirst().member());
    assertEquals(4, tree.members().size());
    assertEquals(17, tree.totalBytes());
  }

  @Test
  void chunksThatShareAMemberAreOneMember() throws MalformedBlobException {
    LayerTree tree =
        new TestToc()
            .row(TocEntry.of("a", EntryType.REGULAR).size(5).offset(50).innerOffset(512))
            .row(TocEntry.of("b", EntryType.REGULAR).size(6).offset(50).innerOffset(1536))
            .file("c", 4, 90)
            .tree();

    assertEquals(2, tree.members().size());
    Member shared = tree.members().getFirst();
    assertEquals(ByteRange.between(50, 90), shared.range());
    assertEquals(
        List.of(512L, 1536L), shared.chunks().stream().map(c -> c.chunk().innerOffset()).toList());
    Chunk b = ((Inode.RegularFile) tree.find("b").orElseThrow()).chunks().getFirst();
    assertEquals(shared, tree.memberOf(b));
    assertEquals(2, tree.unverifiableChunks());
  }

  @Test
  void aFileOfOneChunkIsVerifiedByTheDigestOfTheWhole() throws MalformedBlobException {
    Digest whole = TestToc.digest("whole");
    LayerTree tree =
        new TestToc()
            .row(TocEntry.of("a", EntryType.REGULAR).size(5).offset(1).digest(whole))
            .row(TocEntry.of("b", EntryType.REGULAR).size(5).offset(9).chunkSize(3).digest(whole))
            .row(TocEntry.of("b", EntryType.CHUNK).chunkOffset(3).offset(11))
            .tree();

    assertEquals(
        whole, ((Inode.RegularFile) tree.find("a").orElseThrow()).chunks().getFirst().digest());
    assertEquals(2, tree.unverifiableChunks());
  }

  @Test
  void chunksThatDoNotFitAreRefused() {
    assertMalformed(new TestToc().file("short", 10, 100, 4).chunk(4, 4, 200));
    assertMalformed(new TestToc().file("short", 10, 100, 4).file("next", 3, 300));
    assertMalformed(new TestToc().file("gap", 10, 100, 4).chunk(5, 5, 200));
    assertMalformed(new TestToc().file("overlap", 10, 100, 4).chunk(3, 7, 200));
    assertMalformed(new TestToc().file("long", 10, 100, 4).chunk(4, 7, 200));
    assertMalformed(new TestToc().file("long", 10, 100, 11));
    assertMalformed(new TestToc().file("more", 10, 100).chunk(10, 1, 200));
    assertMalformed(new TestToc().file("nothing", 10, 100, 10).chunk(10, 0, 200));
    assertMalformed(new TestToc().empty("empty").chunk(0, 0, 200));
    assertMalformed(new TestToc().directory("d").chunk(0, 1, 200));
    assertMalformed(new TestToc().chunk(0, 1, 200));
    assertMalformed(new TestToc().file("negative", 10, 100, -1));
    assertMalformed(new TestToc().file("negative", -10, 100));
    assertMalformed(new TestToc().file("unordered", 10, 100).file("b", 3, 99));
    assertMalformed(new TestToc().file("same", 10, 100).file("b", 3, 100));
    assertMalformed(new TestToc().file("outside", 10, TestToc.END));
    assertMalformed(new TestToc().file("before", 10, -1));
    assertMalformed(new TestToc().file("huge", Long.MAX_VALUE, 5));
    assertMalformed(new TestToc().file("huge", Chunk.MAX_SIZE + 1, 5));
    assertMalformed(
        new TestToc()
            .row(TocEntry.of("inner", EntryType.REGULAR).size(5).offset(5).innerOffset(-1)));
    assertMalformed(
        new TestToc()
            .row(
                TocEntry.of("inner", EntryType.REGULAR)
                    .size(5)
                    .offset(5)
                    .innerOffset(Long.MAX_VALUE)));
    assertMalformed(
        new TestToc()
            .row(TocEntry.of("a", EntryType.REGULAR).size(5).offset(5).innerOffset(10))
            .row(TocEntry.of("b", EntryType.REGULAR).size(5).offset(5).innerOffset(14)));
  }

  @Test
  void numbersThatTheKernelDoesNotHaveAreRefused() {
    assertMalformed(new TestToc().row(TocEntry.of("f", EntryType.FIFO).uid(1L << 32)));
    assertMalformed(new TestToc().row(TocEntry.of("f", EntryType.FIFO).gid(-1L << 32)));
    assertMalformed(
        new TestToc().row(TocEntry.of("c", EntryType.CHARACTER_DEVICE).devMajor(1 << 12)));
    assertMalformed(new TestToc().row(TocEntry.of("c", EntryType.BLOCK_DEVICE).devMinor(-1)));
    TreeMap<String, byte[]> xattrs = new TreeMap<>();
    xattrs.put("x".repeat(256), new byte[0]);
    assertMalformed(new TestToc().row(TocEntry.of("f", EntryType.FIFO).xattrs(xattrs)));
  }

  @Test
  void theLandmarkSaysWhatToPrefetch() throws MalformedBlobException {
    LayerTree prefetch =
        new TestToc().file("a", 5, 100).file(Landmark.PREFETCH, 1, 200).file("b", 5, 300).tree();
    LayerTree nothing = new TestToc().file(Landmark.NO_PREFETCH, 1, 50).file("a", 5, 100).tree();
    LayerTree absent = new TestToc().file("d/" + Landmark.PREFETCH, 1, 50).tree();

    assertEquals(new Landmark.PrefetchUpTo(200, List.of()), prefetch.landmark());
    assertEquals(200, prefetch.prefetchEnd().orElseThrow());
    assertEquals(new Landmark.PrefetchNothing(), nothing.landmark());
    assertEquals(new Landmark.Absent(), absent.landmark());
    assertTrue(nothing.prefetchEnd().isEmpty() && absent.prefetchEnd().isEmpty());
  }

  @Test
  void numbersAreTheSameEachTime() throws MalformedBlobException {
    TestToc toc = new TestToc();
    for (int i = 0; i < 1000; i++) {
      toc.empty("d" + i % 7 + "/e" + i % 13 + "/f" + i);
    }
    LayerTree once = toc.tree();
    LayerTree again = toc.tree();

    for (long number = 1; number <= once.maxInode(); number++) {
      assertEquals(once.inode(number), again.inode(number));
      assertEquals(number, java.util.Objects.requireNonNull(once.inode(number)).number());
    }
    assertEquals(once.count(), once.maxInode());
  }

  private static long lookup(LayerTree tree, long directory, String name) {
    return tree.lookup(directory, ByteBuffer.wrap(name.getBytes(UTF_8)));
  }

  private static void assertMalformed(TestToc toc) {
    var malformed = assertThrows(MalformedBlobException.class, toc::tree);
    assertEquals(TestToc.END, malformed.offset());
  }
}
