package io.loadstar.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.loadstar.cache.DiskContentStore;
import io.loadstar.cache.SharingDomain;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.OverlayView;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.lazy.LazyNode;
import io.loadstar.lazy.LazyOptions;
import io.loadstar.lazy.TestBlobSource;
import io.loadstar.lazy.TestLayer;
import io.loadstar.linux.DeviceNumber;
import io.loadstar.linux.Errno;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.TocEntry;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class LayerFileSystemTest {

  /** A round of five thousand may see the compiler's own steps: less than this for each is none. */
  private static final long MOST_BYTES = 8;

  private static final Duration COMPILED_WITHIN = Duration.ofSeconds(30);
  private static final Instant TIME = Instant.parse("2024-02-29T12:00:01Z");

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);

  @TempDir Path folder;
  private DiskContentStore store;
  private LazyNode node;
  private TestLayer layer;
  private TestBlobSource source;
  private LazyLayer lazy;
  private LayerFileSystem files;

  @BeforeEach
  void open() throws IOException {
    System.out.println("LayerFileSystemTest seed " + seed);
    TreeMap<String, byte[]> xattrs = new TreeMap<>();
    xattrs.put("user.empty", new byte[0]);
    xattrs.put("user.name", "värde".getBytes(UTF_8));
    TestLayer.Builder builder =
        TestLayer.builder()
            .chunkSize(50_000)
            .row(
                TocEntry.of("dir/", EntryType.DIRECTORY)
                    .mode(0750)
                    .uid(1000)
                    .gid(3_000_000_000L)
                    .modtime(TIME)
                    .xattrs(xattrs))
            .row(TocEntry.of("dir/sub/", EntryType.DIRECTORY).mode(01777))
            .row(TocEntry.of("link", EntryType.SYMLINK).mode(0777).linkName("dir/é"))
            .row(TocEntry.of("null", EntryType.CHARACTER_DEVICE).mode(0666).devMajor(1).devMinor(3))
            .row(
                TocEntry.of("disk", EntryType.BLOCK_DEVICE)
                    .mode(0660)
                    .devMajor(259)
                    .devMinor(70_000))
            .row(TocEntry.of("pipe", EntryType.FIFO).mode(04644))
            .row(TocEntry.of("dir/.wh.gone", EntryType.REGULAR))
            .row(TocEntry.of("dir/sub/.wh..wh..opq", EntryType.REGULAR))
            .row(TocEntry.of("hard", EntryType.HARDLINK).linkName("big"))
            .file("big", TestLayer.randomBytes(random, 333_333))
            .file("empty", new byte[0])
            .landmark();
    for (int i = 0; i < 300; i++) {
      builder.file("many/f" + i, TestLayer.randomBytes(random, 1 + i));
    }
    layer = builder.build();
    source = layer.source();
    store = DiskContentStore.open(folder.resolve("store"), DiskContentStore.Bounds.DEFAULT);
    node =
        LazyNode.start(
            store, LazyOptions.DEFAULT.withBackground(Optional.empty()).withFetchAtLeast(0));
    LayerTree view = OverlayView.of(layer.tree(), OverlayXattrs.TRUSTED);
    lazy = node.open(new LazyLayer.Content(view, TestLayer.FORMAT, source), SharingDomain.SHARED);
    files = LayerFileSystem.of(lazy);
  }

  @AfterEach
  void close() throws IOException {
    lazy.close();
    node.close();
    store.close();
  }

  /** What attributes tell, for comparing. */
  private record Stat(
      long inode, int mode, int links, int uid, int gid, long device, long size, long mtime) {}

  private Stat stat(long inode) {
    List<Stat> told = new ArrayList<>();
    int result =
        files.attributes(
            inode,
            (number, mode, links, uid, gid, device, size, seconds, nanos) ->
                told.add(new Stat(number, mode, links, uid, gid, device, size, seconds)));
    assertEquals(0, result);
    return told.getFirst();
  }

  private static ByteBuffer name(String name) {
    return ByteBuffer.wrap(("xx" + name).getBytes(UTF_8)).position(2);
  }

  private long find(String path) {
    long inode = ReadOnlyFileSystem.ROOT;
    for (String component : path.split("/", -1)) {
      inode = files.lookup(inode, name(component));
      assertTrue(inode > 0, path);
    }
    return inode;
  }

  private record Entry(String name, long inode, int type, long next) {}

  /** The entries from a cookie on, as many as there is room for. */
  private List<Entry> list(long directory, long cookie, int room) {
    List<Entry> entries = new ArrayList<>();
    int result =
        files.readdir(
            directory,
            cookie,
            (inode, mode, name, next) -> {
              if (entries.size() == room) {
                return false;
              }
              entries.add(new Entry(UTF_8.decode(name).toString(), inode, mode & 0170000, next));
              return true;
            });
    assertEquals(0, result);
    return entries;
  }

  private List<String> names(String path) {
    return list(find(path), 0, 1000).stream().map(Entry::name).toList();
  }

  private int readNow(long inode, long offset, ByteBuffer buffer) throws Exception {
    int count = files.tryRead(inode, offset, buffer);
    if (count != ReadOnlyFileSystem.WOULD_WAIT) {
      return count;
    }
    CompletableFuture<Integer> end = new CompletableFuture<>();
    files.read(inode, offset, buffer, end::complete);
    return end.get(30, TimeUnit.SECONDS);
  }

  @Test
  void attributesAreThoseOfTheLayer() {
    Stat dir = stat(find("dir"));
    assertEquals(0040750, dir.mode());
    assertEquals(1000, dir.uid());
    assertEquals((int) 3_000_000_000L, dir.gid());
    assertEquals(TIME.getEpochSecond(), dir.mtime());
    assertEquals(3, dir.links());
    assertEquals(0041777, stat(find("dir/sub")).mode());
    assertEquals(0120777, stat(find("link")).mode());
    assertEquals(6, stat(find("link")).size());
    assertEquals(0020666, stat(find("null")).mode());
    assertEquals(DeviceNumber.of(1, 3), stat(find("null")).device());
    assertEquals(0060660, stat(find("disk")).mode());
    assertEquals(DeviceNumber.of(259, 70_000), stat(find("disk")).device());
    assertEquals(0014644, stat(find("pipe")).mode());
    Stat big = stat(find("big"));
    assertEquals(new Stat(find("hard"), 0100644, 2, 0, 0, 0, 333_333, 0), big);
    assertEquals(0040755, stat(ReadOnlyFileSystem.ROOT).mode());
    assertEquals(
        new ReadOnlyFileSystem.Totals(lazy.tree().totalBytes(), lazy.tree().count()),
        files.totals());
  }

  @Test
  void whiteoutsAreWhatAnOverlayWants() {
    Stat gone = stat(find("dir/gone"));
    assertEquals(0020000, gone.mode());
    assertEquals(0, gone.device());
    ByteBuffer value = ByteBuffer.allocate(10);
    assertEquals(1, files.getxattr(find("dir/sub"), name("trusted.overlay.opaque"), value));
    assertEquals('y', value.get(0));
    assertEquals(List.of(".", ".."), names("dir/sub"));
    assertEquals(0, files.lookup(find("dir"), name(".wh.gone")));
  }

  @Test
  void lookingUpWhatIsNotThere() {
    assertEquals(0, files.lookup(ReadOnlyFileSystem.ROOT, name("no")));
    assertEquals(0, files.lookup(ReadOnlyFileSystem.ROOT, name(".prefetch.landmark")));
    assertEquals(-Errno.ENOTDIR, files.lookup(find("big"), name("x")));
    assertEquals(-Errno.ENOENT, files.lookup(1_000_000, name("x")));
    assertEquals(-Errno.ENOENT, files.lookup(0, name("x")));
    assertEquals(-Errno.ENOENT, files.attributes(1_000_000, (a, b, c, d, e, f, g, h, i) -> {}));
  }

  @Test
  void aDirectoryIsListedSortedAndInPiecesOfAnySize() {
    List<Entry> all = list(find("many"), 0, 1000);
    assertEquals(302, all.size());
    assertEquals(new Entry(".", find("many"), 0040000, 1), all.get(0));
    assertEquals(new Entry("..", ReadOnlyFileSystem.ROOT, 0040000, 2), all.get(1));
    assertEquals("f0", all.get(2).name());
    assertEquals(0100000, all.get(2).type());
    assertEquals(302, new HashSet<>(all).size());
    for (int room : new int[] {1, 2, 3, 7, 301}) {
      List<Entry> pieces = new ArrayList<>();
      for (List<Entry> piece = list(find("many"), 0, room);
          !piece.isEmpty();
          piece = list(find("many"), piece.getLast().next(), room)) {
        pieces.addAll(piece);
      }
      assertEquals(all, pieces);
    }
    assertEquals(List.of(), list(find("many"), Long.MAX_VALUE, 10));
    assertEquals(-Errno.EINVAL, files.readdir(find("many"), -1, (a, b, c, d) -> true));
    assertEquals(-Errno.ENOTDIR, files.readdir(find("big"), 0, (a, b, c, d) -> true));
    assertEquals(-Errno.ENOENT, files.readdir(1_000_000, 0, (a, b, c, d) -> true));
  }

  @Test
  void theRootShowsNeitherLandmarkNorStateDirectory() {
    List<String> root = list(ReadOnlyFileSystem.ROOT, 0, 100).stream().map(Entry::name).toList();
    assertEquals(
        List.of(".", "..", "big", "dir", "disk", "empty", "hard", "link", "many", "null", "pipe"),
        root);
  }

  @Test
  void linksAreReadEvenIntoSmallBuffers() {
    byte[] target = "dir/é".getBytes(UTF_8);
    ByteBuffer buffer = ByteBuffer.allocate(100);
    assertEquals(target.length, files.readlink(find("link"), buffer));
    assertEquals(ByteBuffer.wrap(target), buffer.flip());
    ByteBuffer small = ByteBuffer.allocate(3);
    assertEquals(target.length, files.readlink(find("link"), small));
    assertEquals(0, small.remaining());
    assertEquals(-Errno.EINVAL, files.readlink(find("big"), buffer));
    assertEquals(-Errno.ENOENT, files.readlink(1_000_000, buffer));
  }

  @Test
  void extendedAttributesTellTheirSizeAndFitWholeOrNotAtAll() {
    byte[] value = "värde".getBytes(UTF_8);
    ByteBuffer buffer = ByteBuffer.allocate(value.length);
    assertEquals(value.length, files.getxattr(find("dir"), name("user.name"), buffer));
    assertArrayEquals(value, buffer.array());
    ByteBuffer small = ByteBuffer.allocate(value.length - 1);
    assertEquals(value.length, files.getxattr(find("dir"), name("user.name"), small));
    assertEquals(0, small.position());
    assertEquals(0, files.getxattr(find("dir"), name("user.empty"), small));
    assertEquals(-Errno.ENODATA, files.getxattr(find("dir"), name("user.no"), small));
    assertEquals(-Errno.ENODATA, files.getxattr(find("big"), name("user.name"), small));
    assertEquals(-Errno.ENOENT, files.getxattr(1_000_000, name("user.name"), small));
    byte[] names = "user.empty\0user.name\0".getBytes(UTF_8);
    ByteBuffer list = ByteBuffer.allocate(100);
    assertEquals(names.length, files.listxattr(find("dir"), list));
    assertEquals(ByteBuffer.wrap(names), list.flip());
    ByteBuffer smallList = ByteBuffer.allocate(names.length - 1);
    assertEquals(names.length, files.listxattr(find("dir"), smallList));
    assertEquals(0, smallList.position());
    assertEquals(0, files.listxattr(find("big"), list));
  }

  @Test
  void readsOfAllSizesYieldTheFile() throws Exception {
    byte[] content = layer.content("big");
    long big = find("big");
    for (int size : new int[] {1, 4096, 50_000, 128 << 10, 1 << 20}) {
      ByteBuffer whole = ByteBuffer.allocate(content.length + size);
      int offset = 0;
      int count;
      do {
        ByteBuffer buffer = ByteBuffer.allocateDirect(size);
        count = readNow(big, offset, buffer);
        assertEquals(Math.min(size, content.length - offset), count);
        whole.put(buffer.flip());
        offset += size == 1 ? 4999 : count; // every 4999th byte alone
        whole.position(Math.min(whole.capacity(), offset));
      } while (offset < content.length);
      if (size > 1) {
        assertArrayEquals(content, Arrays.copyOf(whole.array(), content.length));
      }
    }
    assertEquals(0, readNow(big, content.length, ByteBuffer.allocate(10)));
    assertEquals(0, readNow(big, Long.MAX_VALUE, ByteBuffer.allocate(10)));
    assertEquals(0, readNow(find("empty"), 0, ByteBuffer.allocate(10)));
  }

  @Test
  void whatIsNoFileCannotBeRead() throws Exception {
    ByteBuffer buffer = ByteBuffer.allocate(10);
    assertEquals(-Errno.EISDIR, readNow(find("dir"), 0, buffer));
    assertEquals(-Errno.EINVAL, readNow(find("link"), 0, buffer));
    assertEquals(-Errno.ENOENT, readNow(1_000_000, 0, buffer));
    assertEquals(-Errno.EINVAL, readNow(find("big"), -1, buffer));
    CompletableFuture<Integer> end = new CompletableFuture<>();
    files.read(find("dir"), 0, buffer, end::complete);
    assertEquals(-Errno.EISDIR, end.get(30, TimeUnit.SECONDS));
  }

  @Test
  void aWrongByteIsEio() throws Exception {
    source.spoil(layer.member("big", 2).offset() + 3000);
    assertEquals(-Errno.EIO, readNow(find("big"), 90_000, ByteBuffer.allocate(50_000)));
    assertEquals(50_000, readNow(find("big"), 0, ByteBuffer.allocate(50_000)));
  }

  private String stateFileName() {
    return layer.digest() + ".json";
  }

  private String readState() throws Exception {
    long state = files.lookup(find(".stargz-snapshotter"), name(stateFileName()));
    ByteBuffer buffer = ByteBuffer.allocate(4096);
    int size = (int) stat(state).size();
    assertEquals(size, readNow(state, 0, buffer));
    return UTF_8.decode(buffer.flip()).toString();
  }

  @Test
  void theStateDirectoryIsFoundByItsNameOnly() {
    long directory = find(".stargz-snapshotter");
    long state = files.lookup(directory, name(stateFileName()));
    assertTrue(directory > lazy.tree().maxInode());
    assertTrue(state > lazy.tree().maxInode() && state != directory);
    assertEquals(0040500, stat(directory).mode());
    assertEquals(0100400, stat(state).mode());
    assertEquals(
        List.of(".", "..", stateFileName()),
        list(directory, 0, 10).stream().map(Entry::name).toList());
    assertEquals(
        List.of(stateFileName()), list(directory, 2, 10).stream().map(Entry::name).toList());
    assertEquals(List.of(), list(directory, 3, 10));
    assertEquals(0, files.lookup(directory, name("x")));
    assertEquals(0, files.lookup(find("dir"), name(".stargz-snapshotter")));
    assertEquals(-Errno.ENOTDIR, files.lookup(state, name("x")));
    ByteBuffer buffer = ByteBuffer.allocate(10);
    assertEquals(-Errno.ENODATA, files.getxattr(state, name("user.x"), buffer));
    assertEquals(0, files.listxattr(directory, buffer));
    assertEquals(-Errno.EINVAL, files.readlink(state, buffer));
    assertEquals(-Errno.EISDIR, files.tryRead(directory, 0, buffer));
  }

  @Test
  void theStateFileTellsHowFarTheLayerIs() throws Exception {
    long size = layer.blob().length;
    long held = lazy.report().held();
    assertEquals(
        "{\"digest\":\"%s\",\"size\":%d,\"fetchedSize\":%d,\"fetchedPercent\":%s}\n"
            .formatted(layer.digest(), size, held, 100.0 * held / size),
        readState());
    for (String path : layer.files().keySet()) {
      long inode = lazy.tree().find(path).map(found -> found.number()).orElse(0L);
      if (inode != 0 && layer.content(path).length > 0) {
        assertTrue(readNow(inode, 0, ByteBuffer.allocate(1 << 20)) > 0, path);
      }
    }
    // All that can be seen is here; the landmark's own byte isn't among that.
    await(() -> lazy.report().complete());
    String state = readState();
    assertTrue(state.endsWith(",\"fetchedPercent\":100.0}\n"), state);
  }

  private static void await(BooleanSupplier condition) {
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    while (!condition.getAsBoolean()) {
      assertTrue(System.nanoTime() < deadline, "it never came to that");
      LockSupport.parkNanos(100_000);
    }
  }

  @Test
  void theStateFileNamesTheError() throws Exception {
    source.spoil(layer.member("big", 0).offset() + 3000);
    assertEquals(-Errno.EIO, readNow(find("big"), 0, ByteBuffer.allocate(10)));
    assertTrue(readState().startsWith("{\"error\":\"chunk at 0 "), readState());
  }

  @Test
  void theStateFilesSizeChangesWheneverItsContentDoes() throws Exception {
    long state = files.lookup(find(".stargz-snapshotter"), name(stateFileName()));
    String before = readState();
    long size = stat(state).size();
    for (int i = 0; i < 200; i++) {
      long held = lazy.report().held();
      assertTrue(readNow(find("many/f" + i), 0, ByteBuffer.allocate(1000)) > 0);
      await(() -> lazy.report().held() > held);
      String now = readState();
      assertNotEquals(before, now);
      assertNotEquals(size, stat(state).size());
      before = now;
      size = stat(state).size();
    }
  }

  @Test
  void whatIsHereIsFoundAndReadWithoutAllocating() throws Exception {
    long big = find("big");
    ByteBuffer buffer = ByteBuffer.allocateDirect(100_000);
    readNow(big, 0, buffer);
    ByteBuffer name = name("big");
    long[] sum = new long[1];
    ReadOnlyFileSystem.AttributeSink sink =
        (inode, mode, links, uid, gid, device, size, seconds, nanos) -> sum[0] += size;
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long end = System.nanoTime() + COMPILED_WITHIN.toNanos();
    long each = Long.MAX_VALUE;
    while (each >= MOST_BYTES && System.nanoTime() < end) { // until it is compiled
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < 5000; i++) {
        sum[0] += files.lookup(ReadOnlyFileSystem.ROOT, name);
        sum[0] += files.attributes(big, sink);
        sum[0] += files.tryRead(big, 100, buffer.clear().limit(99_900));
      }
      each = (threads.getCurrentThreadAllocatedBytes() - before) / 5000;
    }
    assertTrue(sum[0] > 0);
    long last = each;
    String what = " bytes for a lookup, attributes and a read of two chunks";
    assertTrue(last < MOST_BYTES, () -> last + what);
  }
}
