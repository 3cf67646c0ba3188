package io.loadstar.build;

import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.blob.Digest;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.StargzFooter;
import io.loadstar.layer.Inode;
import io.loadstar.layer.Landmark;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.OverlayView;
import io.loadstar.layer.OverlayXattrs;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Real trees, packed by GNU tar, built into layers, read back, and given to gzip and tar. */
class RealTreeTest {

  private static final int CHUNK = 64 << 10;
  private static final BuildOptions OPTIONS = BuildOptions.DEFAULT.withChunkSize(CHUNK);

  @TempDir Path directory;
  private Path tree = Path.of("unset");
  private final LayerBuilder builder = new LayerBuilder(2);

  @BeforeEach
  void makeTree() throws IOException {
    tree = Files.createDirectory(directory.resolve("tree"));
    Random random = new Random(7);
    for (int size : new int[] {0, 1, 511, 512, 513, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK}) {
      byte[] content = new byte[size];
      random.nextBytes(content);
      Files.write(tree.resolve("size-" + size), content);
    }
    Shell.sh(
        tree,
        """
        mkdir -p a/b/c empty; echo deep > a/b/c/file; chmod 1777 empty
        ln -s ../target a/dangling; ln -s size-1 link; ln size-513 a/hard; ln size-513 hard2
        mkfifo fifo; echo x > setuid; chmod 4755 setuid; touch -d '1999-01-02 03:04:05' setuid
        echo u > 'ünïcode-名前-🚀'; echo s > 'with space'
        mkdir -p "$(printf 'd%.0s' $(seq 120))"; echo long > "$(printf 'd%.0s' $(seq 120))/$(printf 'n%.0s' $(seq 200))"
        ln -s "$(printf 't%.0s' $(seq 300))" longlink
        touch .wh.gone a/.wh..wh..opq; mkdir -p x; touch .wh.x
        """);
  }

  @AfterEach
  void close() {
    builder.close();
  }

  @ParameterizedTest
  @ValueSource(strings = {"gnu", "pax"})
  void everythingInTheTreeIsInTheLayer(String format) throws IOException {
    boolean xattrs = trySetXattr();
    LayerContents contents = LayerContents.of(build(tar(format), OPTIONS));

    Map<String, Inode> paths = contents.paths();
    assertEquals(
        pathsOnDisk(), paths.keySet().stream().filter(p -> !isLandmark(p)).sorted().toList());
    for (String path : pathsOnDisk()) {
      assertSame(path, contents);
    }
    Inode hard = contents.tree().find("a/hard").orElseThrow();
    assertEquals(hard, contents.tree().find("hard2").orElseThrow());
    assertEquals(3, hard.linkCount());
    if (xattrs && format.equals("pax")) {
      byte[] value = contents.tree().find("setuid").orElseThrow().xattrs().get("user.loadstar");
      assertArrayEquals(new byte[] {0, 1, (byte) 0xff, '\n', '='}, value);
    }
  }

  @Test
  void devicesAreInTheLayer() throws IOException {
    assumeTrue(isRoot(), "skipped: needs root");
    Shell.sh(tree, "mknod zero c 1 5; mknod disk b 259 3");

    LayerContents contents = LayerContents.of(build(tar("gnu"), OPTIONS));

    var zero =
        assertInstanceOf(Inode.SpecialFile.class, contents.tree().find("zero").orElseThrow());
    var disk =
        assertInstanceOf(Inode.SpecialFile.class, contents.tree().find("disk").orElseThrow());
    assertEquals(Inode.SpecialType.CHARACTER_DEVICE, zero.type());
    assertEquals(1, zero.major());
    assertEquals(5, zero.minor());
    assertEquals(Inode.SpecialType.BLOCK_DEVICE, disk.type());
    assertEquals(259, disk.major());
    assertEquals(3, disk.minor());
  }

  @ParameterizedTest
  @EnumSource
  void gzipAndTarTakeTheBlob(StargzFooter footer) throws IOException {
    Path tar = tar("gnu");
    BuiltLayer built = build(tar, OPTIONS.withFormat(new BlobFormat.EStargz(footer)));

    Shell.sh(directory, "gzip -t < " + built.file());
    String listed = Shell.run(directory, "tar", "tzf", built.file().toString());
    String original = Shell.run(directory, "tar", "tf", tar.toString());
    assertEquals(".no.prefetch.landmark\n" + original + "stargz.index.json\n", listed);
    Shell.sh(
        directory,
        "mkdir out; tar xzf "
            + built.file()
            + " -C out --exclude stargz.index.json --exclude .no.prefetch.landmark; rm tree/fifo out/fifo; diff -r --no-dereference tree out");
    Path uncompressed = directory.resolve("uncompressed");
    Shell.sh(directory, "gzip -dc < " + built.file() + " > " + uncompressed);
    assertEquals(built.diffId(), Digest.of(Files.readAllBytes(uncompressed)));
    assertEquals(built.uncompressedSize(), Files.size(uncompressed));
    assertEquals(built.digest(), Digest.of(Files.readAllBytes(built.file())));
    assertEquals(built.size(), Files.size(built.file()));
  }

  @Test
  void compressedInputGivesTheSameBlob() throws IOException {
    Path tar = tar("gnu");
    Digest plain = build(tar, OPTIONS).digest();
    Shell.sh(
        directory,
        "gzip -k t.tar; (head -c 9999 t.tar | gzip; tail -c +10000 t.tar | gzip) > two.gz");

    assertEquals(plain, build(directory.resolve("t.tar.gz"), OPTIONS).digest());
    assertEquals(plain, build(directory.resolve("two.gz"), OPTIONS).digest());
  }

  @Test
  void zstdInputGivesTheSameBlob() throws IOException {
    assumeTrue(Files.exists(Path.of("/usr/bin/zstd")), "skipped: needs the program zstd");
    Path tar = tar("gnu");
    Shell.sh(directory, "zstd -q t.tar -o t.tar.zst");

    assertEquals(
        build(tar, OPTIONS).digest(), build(directory.resolve("t.tar.zst"), OPTIONS).digest());
  }

  @Test
  void threadsDoNotChangeTheBytes() throws IOException {
    Path tar = tar("pax");
    Digest two = build(tar, OPTIONS).digest();
    for (int threads : new int[] {1, 3, 8}) {
      try (LayerBuilder other = new LayerBuilder(threads);
          InputStream in = Files.newInputStream(tar)) {
        BuiltLayer built = other.build(in, directory.resolve("other"), OPTIONS);
        assertEquals(two, built.digest(), threads + " threads");
      }
    }
  }

  @Test
  void buildingABuiltLayerAgainGivesTheSameBlob() throws IOException {
    BuiltLayer once = build(tar("gnu"), OPTIONS);
    try (InputStream in = Files.newInputStream(once.file())) {
      BuiltLayer twice = builder.build(in, directory.resolve("twice"), OPTIONS);
      assertEquals(once.digest(), twice.digest());
    }
  }

  @Test
  void prioritizedFilesComeFirst() throws IOException {
    PrioritizedFiles files =
        new PrioritizedFiles(
            List.of("/a/hard", "no/such", "./a/b/c/file"), PrioritizedFiles.Absent.SKIP);
    BuiltLayer built = build(tar("gnu"), OPTIONS.withPrioritized(files));

    assertEquals(List.of("no/such"), built.missed());
    String listed = Shell.run(directory, "tar", "tzf", built.file().toString());
    String first = listed.lines().takeWhile(line -> !line.contains("landmark")).toList().toString();
    assertTrue(first.contains("./a/b/c/file") && first.contains("hard"), first);
    assertTrue(first.indexOf("./a/") < first.indexOf("./a/b/c/file"), first);
    Shell.sh(directory, "mkdir out; tar xzf " + built.file() + " -C out");
    LayerTree layer = LayerContents.of(built).tree();
    Inode.RegularFile hard = (Inode.RegularFile) layer.find("a/hard").orElseThrow();
    long end = layer.prefetchEnd().orElseThrow();
    assertTrue(hard.chunks().getLast().member().end() <= end);
    Inode.RegularFile other = (Inode.RegularFile) layer.find("with space").orElseThrow();
    assertTrue(other.chunks().getFirst().member().offset() > end);
  }

  @Test
  void aPrioritizedFileThatIsAbsentIsRefused() throws IOException {
    Path tar = tar("gnu");
    PrioritizedFiles files =
        new PrioritizedFiles(List.of("no/such"), PrioritizedFiles.Absent.REFUSE);

    var refused = assertThrows(IOException.class, () -> build(tar, OPTIONS.withPrioritized(files)));
    assertEquals("prioritized file no/such isn't in the layer", refused.getMessage());
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(0, left.filter(p -> p.getFileName().toString().startsWith("loadstar-")).count());
    }
  }

  @Test
  void whiteoutsAreTranslatedForOverlayfs() throws IOException {
    LayerTree layer = LayerContents.of(build(tar("gnu"), OPTIONS)).tree();
    LayerTree view = OverlayView.of(layer, OverlayXattrs.TRUSTED);

    var gone = assertInstanceOf(Inode.SpecialFile.class, view.find("gone").orElseThrow());
    assertEquals(0, gone.major() + gone.minor());
    assertEquals(0, gone.attributes().permissions());
    assertArrayEquals(
        new byte[] {'y'}, view.find("a").orElseThrow().xattrs().get("trusted.overlay.opaque"));
    assertArrayEquals(
        new byte[] {'y'}, view.find("x").orElseThrow().xattrs().get("trusted.overlay.opaque"));
    assertTrue(view.find(".wh.gone").isEmpty() && view.find("a/.wh..wh..opq").isEmpty());
    assertTrue(layer.find(Landmark.NO_PREFETCH).isPresent());
    assertTrue(view.find(Landmark.NO_PREFETCH).isEmpty());
    assertInstanceOf(Landmark.PrefetchNothing.class, view.landmark());
    assertEquals(
        layer.find("setuid").orElseThrow(), view.find("setuid").orElseThrow(), "same inode");
  }

  @Test
  void anEmptyTarIsALayer() throws IOException {
    Shell.sh(directory, "tar cf empty.tar -T /dev/null");
    BuiltLayer built = build(directory.resolve("empty.tar"), OPTIONS);

    assertEquals(Set.of(Landmark.NO_PREFETCH), LayerContents.of(built).paths().keySet());
    Shell.sh(directory, "gzip -t < " + built.file());
  }

  private void assertSame(String path, LayerContents contents) throws IOException {
    Path file = tree.resolve(path);
    Inode inode = contents.tree().find(path).orElseThrow();
    Map<String, Object> stat =
        new TreeMap<>(Files.readAttributes(file, "unix:*", LinkOption.NOFOLLOW_LINKS));
    assertEquals(
        (int) requireNonNull(stat.get("mode")) & 07777,
        inode.attributes().permissions(),
        () -> path + ": permissions");
    assertEquals(stat.get("uid"), inode.attributes().uid(), path);
    assertEquals(stat.get("gid"), inode.attributes().gid(), path);
    FileTime mtime = (FileTime) requireNonNull(stat.get("lastModifiedTime"));
    assertEquals(mtime.toInstant().getEpochSecond(), inode.attributes().mtimeSeconds(), path);
    switch (inode) {
      case Inode.RegularFile regular -> {
        assertArrayEquals(Files.readAllBytes(file), contents.bytes(regular), path);
        assertEquals(contents.digest(regular), regular.digest(), path);
      }
      case Inode.Symlink link -> {
        assertEquals(Files.readSymbolicLink(file).toString(), link.target(), path);
        assertEquals(link.target().getBytes(StandardCharsets.UTF_8).length, link.size(), path);
      }
      case Inode.Directory _ -> assertTrue(Files.isDirectory(file), path);
      case Inode.SpecialFile special -> assertEquals(Inode.SpecialType.FIFO, special.type(), path);
    }
  }

  private List<String> pathsOnDisk() throws IOException {
    try (Stream<Path> paths = Files.walk(tree)) {
      return paths
          .filter(p -> !p.equals(tree))
          .map(p -> tree.relativize(p).toString())
          .sorted()
          .toList();
    }
  }

  private static boolean isLandmark(String path) {
    return path.equals(Landmark.PREFETCH) || path.equals(Landmark.NO_PREFETCH);
  }

  private boolean trySetXattr() {
    try {
      Files.setAttribute(
          tree.resolve("setuid"), "user:loadstar", new byte[] {0, 1, (byte) 0xff, '\n', '='});
      return true;
    } catch (IOException | UnsupportedOperationException e) {
      System.out.println("xattrs aren't compared: " + e.getMessage());
      return false;
    }
  }

  private static boolean isRoot() {
    return "root".equals(System.getProperty("user.name"));
  }

  private Path tar(String format) throws IOException {
    Path tar = directory.resolve("t.tar");
    String xattrs = format.equals("pax") ? "--xattrs" : "--no-xattrs";
    Shell.run(
        directory, "tar", "cf", "t.tar", "--format=" + format, xattrs, "-C", tree.toString(), ".");
    return tar;
  }

  private BuiltLayer build(Path input, BuildOptions options) throws IOException {
    try (InputStream in = Files.newInputStream(input)) {
      return builder.build(in, directory.resolve("blob"), options);
    }
  }
}
