package io.loadstar.layer;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A tree that was kept as an index, and opened again. */
final class LayerIndexTest {

  private static final long PAYLOAD_END = 1L << 40;

  @TempDir Path folder;
  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  LayerIndexTest() {
    System.out.println("LayerIndexTest seed " + seed);
  }

  private Digest anyDigest() {
    byte[] bytes = new byte[8];
    random.nextBytes(bytes);
    return Digest.of(bytes);
  }

  /** Directories, files of up to three chunks, links, devices, attributes; several to a member. */
  private LayerTree tree(int files) throws MalformedBlobException {
    List<TocEntry> rows = new ArrayList<>();
    long offset = 0;
    for (int i = 0; i < files; i++) {
      String name = "d" + i % 97 + "/e" + i % 7 + "/f" + i;
      int chunks = 1 + random.nextInt(3);
      long size = chunks * 1000L;
      for (int c = 0; c < chunks; c++) {
        TocEntry.Builder row =
            TocEntry.of(name, c == 0 ? EntryType.REGULAR : EntryType.CHUNK)
                .mode(0644)
                .offset(offset)
                .innerOffset(i % 5 * 10_000L + c * 1000L)
                .chunkOffset(c * 1000L)
                .chunkSize(1000)
                .chunkDigest(anyDigest());
        if (c == 0) {
          row.size(size).uid(i).gid(-2);
        }
        if (c == 0 && i % 50 == 0) {
          TreeMap<String, byte[]> xattrs = new TreeMap<>();
          xattrs.put("user.a", new byte[] {1, 2, (byte) i});
          xattrs.put("security.capability", new byte[0]);
          row.xattrs(xattrs);
        }
        rows.add(row.build());
      }
      offset += i % 5 == 4 ? 12_345 : 0;
    }
    rows.add(TocEntry.of("link", EntryType.SYMLINK).linkName("ziel/ü").build());
    rows.add(TocEntry.of("hard", EntryType.HARDLINK).linkName("d0/e0/f0").build());
    rows.add(TocEntry.of("null", EntryType.CHARACTER_DEVICE).devMajor(1).devMinor(3).build());
    rows.add(TocEntry.of("pipe", EntryType.FIFO).build());
    rows.add(TocEntry.of("empty", EntryType.REGULAR).build());
    return LayerTree.of(new Toc(Toc.VERSION, rows), PAYLOAD_END);
  }

  private LayerTree mapped(LayerTree tree) throws Exception {
    Path file = folder.resolve("index");
    Files.deleteIfExists(file);
    try (FileChannel channel =
        FileChannel.open(
            file,
            java.nio.file.StandardOpenOption.CREATE,
            java.nio.file.StandardOpenOption.READ,
            java.nio.file.StandardOpenOption.WRITE)) {
      channel.write(tree.index());
      return LayerTree.open(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size()));
    }
  }

  @Test
  void aTreeThatWasKeptIsTheSame() throws Exception {
    LayerTree tree = tree(3000);
    LayerTree again = mapped(tree);
    assertEquals(tree.maxInode(), again.maxInode());
    assertEquals(tree.count(), again.count());
    assertEquals(tree.totalBytes(), again.totalBytes());
    assertEquals(tree.landmark(), again.landmark());
    assertEquals(tree.members(), again.members());
    for (long number = 1; number <= tree.maxInode(); number++) {
      same(requireNonNull(tree.inode(number)), requireNonNull(again.inode(number)));
      assertEquals(tree.parent(number), again.parent(number));
      assertEquals(tree.entryCount(number), again.entryCount(number));
      for (int i = 0; i < tree.entryCount(number); i++) {
        byte[] name = tree.entryName(number, i);
        assertArrayEquals(name, again.entryName(number, i));
        assertEquals(tree.entryInode(number, i), again.lookup(number, ByteBuffer.wrap(name)));
      }
    }
  }

  private static void same(Inode one, Inode other) {
    if (one.xattrs().isEmpty()) {
      assertEquals(one, other);
      return;
    }
    assertEquals(one.attributes(), other.attributes());
    assertEquals(one.xattrs().keySet(), other.xattrs().keySet());
    one.xattrs().forEach((name, value) -> assertArrayEquals(value, other.xattrs().get(name)));
  }

  @Test
  void theIndexOfAnIndexIsTheSame() throws Exception {
    LayerTree tree = tree(100);
    assertEquals(tree.index(), mapped(tree).index());
  }

  @Test
  void whatIsDamagedIsNotOpened() throws Exception {
    ByteBuffer index = tree(50).index();
    byte[] bytes = new byte[index.remaining()];
    index.get(bytes);
    for (int i = 0; i < 500; i++) {
      byte[] damaged = bytes.clone();
      damaged[random.nextInt(76)] ^= (byte) (1 + random.nextInt(255));
      damaged[random.nextInt(bytes.length - 80) + 80] ^= (byte) (1 + random.nextInt(255));
      assertThrows(MalformedBlobException.class, () -> LayerTree.open(ByteBuffer.wrap(damaged)));
    }
    for (int length : new int[] {0, 7, 79, 80, bytes.length - 1}) {
      assertThrows(
          MalformedBlobException.class, () -> LayerTree.open(ByteBuffer.wrap(bytes, 0, length)));
    }
  }

  /** Where it stands is said in the header, which has no checksum. */
  @Test
  void whatIsNotToBePrefetchedIsKept() throws Exception {
    List<TocEntry> rows =
        List.of(
            TocEntry.of(Landmark.PREFETCH, EntryType.REGULAR)
                .size(1)
                .offset(900)
                .chunkDigest(anyDigest())
                .build(),
            TocEntry.of("link", EntryType.SYMLINK).linkName("x".repeat(1000)).build());
    List<ByteRange> unread = List.of(new ByteRange(10, 90), new ByteRange(200, 700));
    LayerTree tree = LayerTree.of(new Toc(Toc.VERSION, rows, unread), PAYLOAD_END);
    assertEquals(new Landmark.PrefetchUpTo(900, unread), tree.landmark());
    assertEquals(tree.landmark(), mapped(tree).landmark());
    byte[] bytes = new byte[tree.index().remaining()];
    tree.index().get(bytes);
    for (int place : new int[] {-1, Integer.MIN_VALUE, Integer.MAX_VALUE, 1, 500, 1002, 1037}) {
      ByteBuffer damaged = ByteBuffer.wrap(bytes.clone()).order(IndexLayout.ORDER);
      damaged.putInt(IndexLayout.UNREAD_AT, place);
      assertThrows(MalformedBlobException.class, () -> LayerTree.open(damaged), place + "");
    }
  }

  @Test
  void anOverlayViewIsKeptLikeAnyTree() throws Exception {
    List<TocEntry> rows =
        List.of(
            TocEntry.of("a/.wh.gone", EntryType.REGULAR).build(),
            TocEntry.of("b/.wh..wh..opq", EntryType.REGULAR).build());
    LayerTree view =
        OverlayView.of(
            LayerTree.of(new Toc(Toc.VERSION, rows), PAYLOAD_END), OverlayXattrs.TRUSTED);
    LayerTree again = mapped(view);
    assertTrue(again.find("a/gone").orElseThrow() instanceof Inode.SpecialFile);
    assertTrue(again.find("b").orElseThrow().xattrs().containsKey("trusted.overlay.opaque"));
    assertEquals(view.count(), again.count());
  }
}
