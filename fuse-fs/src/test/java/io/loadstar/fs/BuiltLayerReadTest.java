package io.loadstar.fs;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.build.BuildOptions;
import io.loadstar.build.BuiltLayer;
import io.loadstar.build.LayerBuilder;
import io.loadstar.build.PrioritizedFiles;
import io.loadstar.cache.DiskContentStore;
import io.loadstar.cache.SharingDomain;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.LayerBlob;
import io.loadstar.format.StargzFooter;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.OverlayView;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.lazy.HeadStart;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.lazy.LazyNode;
import io.loadstar.lazy.LazyOptions;
import io.loadstar.lazy.TestLayer;
import io.loadstar.toc.Toc;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The whole way of a layer: from a tar of random files, built, opened, and read as files. */
final class BuiltLayerReadTest {

  private final long seed = System.nanoTime();
  private final Random random = new Random(seed);
  private final Map<String, byte[]> files = new TreeMap<>();

  @TempDir Path folder;

  /** Files of sizes around the chunk size and far from it, in nested directories. */
  private byte[] randomTar(int chunkSize) {
    ByteArrayOutputStream tar = new ByteArrayOutputStream();
    for (int i = 0; i < 150; i++) {
      int size =
          switch (random.nextInt(5)) {
            case 0 -> 0;
            case 1 -> chunkSize * (1 + random.nextInt(3)) + random.nextInt(3) - 1;
            default -> random.nextInt(5000);
          };
      String path = "d" + random.nextInt(4) + "/e" + random.nextInt(4) + "/f" + i;
      byte[] content = TestLayer.randomBytes(random, size);
      files.put(path, content);
      append(tar, path, content);
    }
    tar.writeBytes(new byte[1024]);
    return tar.toByteArray();
  }

  /** A ustar record: POSIX.1-1988, 512 bytes of header, content padded to 512. */
  private static void append(ByteArrayOutputStream tar, String path, byte[] content) {
    ByteBuffer header = ByteBuffer.allocate(512);
    header.put(0, path.getBytes(UTF_8));
    header.put(100, "0000640\0".getBytes(UTF_8));
    header.put(108, "0000000\0".getBytes(UTF_8));
    header.put(116, "0000000\0".getBytes(UTF_8));
    header.put(124, "%011o\0".formatted(content.length).getBytes(UTF_8));
    header.put(136, "00000000000\0".getBytes(UTF_8));
    header.put(148, "        ".getBytes(UTF_8));
    header.put(156, (byte) '0');
    header.put(257, "ustar\00000".getBytes(UTF_8));
    int sum = 0;
    for (byte b : header.array()) {
      sum += b & 0xff;
    }
    header.put(148, "%06o\0 ".formatted(sum).getBytes(UTF_8));
    tar.writeBytes(header.array());
    tar.writeBytes(content);
    tar.writeBytes(new byte[-content.length & 511]);
  }

  private BuiltLayer build(StargzFooter footer) throws IOException {
    List<String> first = new ArrayList<>();
    byte[] tar = randomTar(20_000);
    files.keySet().stream().filter(path -> path.startsWith("d2")).forEach(first::add);
    BuildOptions options =
        BuildOptions.DEFAULT
            .withChunkSize(20_000)
            .withFormat(new BlobFormat.EStargz(footer))
            .withPrioritized(new PrioritizedFiles(first, PrioritizedFiles.Absent.REFUSE));
    try (LayerBuilder builder = new LayerBuilder(2)) {
      return builder.build(new ByteArrayInputStream(tar), folder.resolve("blob"), options);
    }
  }

  /** What the daemon does: blob, TOC, tree, view, lazy layer, file system. */
  private static LazyLayer open(LazyNode node, BuiltLayer built) throws IOException {
    FileBlobSource source = FileBlobSource.open(built.file(), built.digest());
    LayerBlob blob = LayerBlob.open(source);
    Toc toc = blob.toc().verify(built.tocDigest());
    LayerTree tree = LayerTree.of(toc, blob.tocOffset());
    LayerTree view = OverlayView.of(tree, OverlayXattrs.TRUSTED);
    return node.open(
        new LazyLayer.Content(view, blob.format(), source), SharingDomain.ofRegistry("r.example"));
  }

  private static byte[] readAll(LayerFileSystem system, String path, int step) throws Exception {
    long inode = ReadOnlyFileSystem.ROOT;
    for (String component : path.split("/", -1)) {
      inode = system.lookup(inode, ByteBuffer.wrap(component.getBytes(UTF_8)));
      assertTrue(inode > 0, path);
    }
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    ByteBuffer buffer = ByteBuffer.allocateDirect(step);
    while (true) {
      int count = system.tryRead(inode, content.size(), buffer.clear());
      if (count == ReadOnlyFileSystem.WOULD_WAIT) {
        CompletableFuture<Integer> end = new CompletableFuture<>();
        system.read(inode, content.size(), buffer.clear(), end::complete);
        count = end.get(30, TimeUnit.SECONDS);
      }
      assertTrue(count >= 0, path);
      if (count == 0) {
        return content.toByteArray();
      }
      byte[] bytes = new byte[count];
      buffer.flip().get(bytes);
      content.writeBytes(bytes);
    }
  }

  @Test
  void whatWasBuiltIsReadBackAndKept() throws Exception {
    System.out.println("BuiltLayerReadTest seed " + seed);
    BuiltLayer built = build(random.nextBoolean() ? StargzFooter.LEGACY : StargzFooter.SUBFIELD);
    LazyOptions options =
        LazyOptions.DEFAULT.withBackground(
            Optional.of(
                LazyOptions.Background.after(Duration.ZERO)
                    .with(LazyOptions.Background.WhenBusy.GO_ON)));
    try (DiskContentStore store =
            DiskContentStore.open(folder.resolve("store"), DiskContentStore.Bounds.DEFAULT);
        LazyNode node = LazyNode.start(store, options);
        LazyLayer layer = open(node, built)) {
      CompletableFuture<Void> ahead =
          layer.prefetch(HeadStart.NONE).thenRun(layer::fetchInBackground);
      LayerFileSystem system = LayerFileSystem.of(layer);
      for (Map.Entry<String, byte[]> file : files.entrySet()) {
        byte[] content = readAll(system, file.getKey(), 1 + random.nextInt(70_000));
        assertArrayEquals(file.getValue(), content, file.getKey());
      }
      ahead.get(30, TimeUnit.SECONDS);
      long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
      while (!layer.report().complete()) {
        assertTrue(System.nanoTime() < deadline, () -> layer.report().toString());
        LockSupport.parkNanos(100_000);
      }
      assertEquals(built.size(), layer.report().held());
      assertEquals(
          files.values().stream().filter(c -> c.length > 0 && c.length <= 20_000).count(),
          files.values().stream()
              .filter(c -> c.length > 0 && c.length <= 20_000)
              .filter(c -> isWholeObject(store, c))
              .count(),
          "a file of one chunk is one object under its digest");
    }
  }

  private static boolean isWholeObject(DiskContentStore store, byte[] content) {
    SharingDomain domain = SharingDomain.ofRegistry("r.example");
    return store
        .locate(
            new io.loadstar.cache.ObjectKey.ByContent(domain, Digest.of(content), content.length))
        .filter(region -> region.offset() == 0 && region.length() == content.length)
        .isPresent();
  }
}
