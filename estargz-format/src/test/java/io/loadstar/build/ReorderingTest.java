package io.loadstar.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.Inode;
import io.loadstar.layer.Landmark;
import io.loadstar.tar.TarBytes;
import io.loadstar.tar.UnsupportedTarException;
import io.loadstar.toc.TocEntry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Whatever the order in the layer, the tree is that of an extraction in the input's order. */
class ReorderingTest {

  private static final boolean FULL = Boolean.getBoolean("loadstar.full");
  private static final Set<String> OWN =
      Set.of(Landmark.PREFETCH, Landmark.NO_PREFETCH, "stargz.index.json");

  @TempDir Path directory;
  private final LayerBuilder builder = new LayerBuilder(2);

  @AfterEach
  void close() {
    builder.close();
  }

  private BuiltLayer build(byte[] tar, List<String> prioritized) throws IOException {
    return builder.build(
        new ByteArrayInputStream(tar),
        directory.resolve("blob"),
        BuildOptions.DEFAULT.withPrioritized(
            new PrioritizedFiles(prioritized, PrioritizedFiles.Absent.REFUSE)));
  }

  private static byte[] text(String text) {
    return text.getBytes(UTF_8);
  }

  private static List<String> names(LayerContents contents) throws IOException {
    return contents.blob().toc().acceptUnverified().entries().stream().map(TocEntry::name).toList();
  }

  @Test
  void aReplacedFileIsKeptUnderItsHardlinksName() throws IOException {
    byte[] tar =
        new TarBytes()
            .file("f", '0', text("first"))
            .link("hard", '1', "f")
            .link("harder", '1', "./hard")
            .file("f", '0', text("second"))
            .end();

    LayerContents contents = LayerContents.of(build(tar, List.of()));

    assertEquals(List.of(Landmark.NO_PREFETCH, "hard", "harder", "f"), names(contents));
    assertArrayEquals(text("first"), contents.bytes("hard"));
    assertArrayEquals(text("second"), contents.bytes("f"));
    assertEquals(
        contents.tree().find("hard").orElseThrow(), contents.tree().find("harder").orElseThrow());
    assertEquals(2, contents.tree().find("hard").orElseThrow().linkCount());
  }

  @Test
  void whatIsPrioritizedBringsAlongWhatItReplaces() throws IOException {
    byte[] tar =
        new TarBytes()
            .file("f", '0', text("first"))
            .link("hard", '1', "f")
            .file("other", '0', text("other"))
            .file("f", '0', text("second"))
            .end();

    LayerContents contents = LayerContents.of(build(tar, List.of("f")));

    assertEquals(List.of("hard", "f", Landmark.PREFETCH, "other"), names(contents));
    assertArrayEquals(text("first"), contents.bytes("hard"));
  }

  @Test
  void aFileOverADirectoryTakesAwayWhatIsInIt() throws IOException {
    byte[] tar =
        new TarBytes()
            .file("d/a", '0', text("a"))
            .link("kept", '1', "d/a")
            .file("d/b", '0', text("b"))
            .file("d", '0', text("file"))
            .end();

    LayerContents contents = LayerContents.of(build(tar, List.of()));

    assertEquals(Set.of(Landmark.NO_PREFETCH, "d", "kept"), contents.paths().keySet());
    assertArrayEquals(text("a"), contents.bytes("kept"));
    assertArrayEquals(text("file"), contents.bytes("d"));
  }

  @Test
  void aDirectoryKeepsWhatIsInTheOneBefore() throws IOException {
    byte[] tar =
        new TarBytes()
            .file("d/", '5', new byte[0])
            .file("d/a", '0', text("a"))
            .file("./d", '5', new byte[0])
            .end();

    LayerContents contents = LayerContents.of(build(tar, List.of()));

    assertEquals(Set.of(Landmark.NO_PREFETCH, "d", "d/a"), contents.paths().keySet());
  }

  @Test
  void whiteoutsStayInFrontOfWhatFollowedThem() throws IOException {
    byte[] tar =
        new TarBytes()
            .file(".wh.d", '0', new byte[0])
            .file("d/", '5', new byte[0])
            .file("d/a", '0', text("a"))
            .end();

    LayerContents contents = LayerContents.of(build(tar, List.of("d/a")));

    assertEquals(List.of(".wh.d", "d/", "d/a", Landmark.PREFETCH), names(contents));
  }

  @Test
  void whatLiesBelowSomethingElseIsRefused() {
    byte[] belowFile =
        new TarBytes().file("f", '0', new byte[0]).file("f/x", '0', new byte[0]).end();
    assertThrows(MalformedBlobException.class, () -> build(belowFile, List.of()));
    byte[] belowLink = new TarBytes().link("l", '2', "d").file("l/x", '0', new byte[0]).end();
    assertThrows(UnsupportedTarException.class, () -> build(belowLink, List.of()));
  }

  @Test
  void longChainsOfHardlinksNeedNoStack() throws IOException {
    TarBytes tar = new TarBytes();
    int length = 20_000;
    for (int i = 0; i < length; i++) {
      tar.link("l" + i, '1', "l" + (i + 1));
    }
    tar.file("l" + length, '0', text("end"));

    LayerContents contents = LayerContents.of(build(tar.end(), List.of("l0")));

    assertArrayEquals(text("end"), contents.bytes("l0"));
  }

  /**
   * Against GNU tar: as it extracts the input, so it extracts the layer, and so is the TOC's tree.
   */
  @Test
  void randomTarsKeepTheirMeaning() throws Exception {
    assumeTrue(Files.getAttribute(Path.of("/proc/self"), "unix:uid").equals(0), "needs root");
    int samples = FULL ? 2000 : 120;
    if (!FULL) {
      System.out.println("bounded: random tars against GNU tar: " + samples + " of 2000");
    }
    long seed = Long.getLong("loadstar.seed", System.nanoTime());
    System.out.println("random tars: -Dloadstar.seed=" + seed);
    Random random = new Random(seed);
    for (int i = 0; i < samples; i++) {
      RandomTar.Sample sample = RandomTar.of(random, 1 + random.nextInt(40));
      List<String> names = new java.util.ArrayList<>(sample.names());
      Collections.shuffle(names, random);
      List<String> prioritized = names.subList(0, random.nextInt(names.size() + 1));
      assertMeansTheSame(sample.bytes(), prioritized, "sample " + i + ", first " + prioritized);
    }
  }

  private void assertMeansTheSame(byte[] tar, List<String> prioritized, String what)
      throws Exception {
    BuiltLayer built = build(tar, prioritized);
    Map<String, String> expected = extract(tar);
    byte[] blob = Files.readAllBytes(built.file());
    Path plain = directory.resolve("plain.tar");
    Shell.sh(directory, "gzip -dc <blob >plain.tar");
    assertEquals(expected, extract(Files.readAllBytes(plain)), what);
    assertEquals(expected, described(LayerContents.of(built)), what + ": TOC");
    assertEquals(built.digest(), Digest.of(blob));
  }

  private Map<String, String> extract(byte[] tar) throws Exception {
    Path root = Files.createTempDirectory(directory, "x");
    Path file = Files.write(directory.resolve("in.tar"), tar);
    Shell.run(root, "tar", "--extract", "--numeric-owner", "--same-permissions", "--file=" + file);
    Map<String, String> described = new TreeMap<>();
    Map<Object, Set<String>> names = new HashMap<>();
    try (Stream<Path> files = Files.walk(root)) {
      for (Path each : files.sorted().toList()) {
        String name = root.relativize(each).toString();
        if (!name.isEmpty() && !OWN.contains(name)) {
          described.put(name, describe(each));
          Object inode = Files.getAttribute(each, "unix:ino", LinkOption.NOFOLLOW_LINKS);
          names.computeIfAbsent(inode, _ -> new TreeSet<>()).add(name);
        }
      }
    }
    for (Set<String> same : names.values()) {
      same.forEach(name -> described.merge(name, " " + same, String::concat));
    }
    Shell.sh(directory, "rm -rf x[0-9]*");
    return described;
  }

  private static String describe(Path file) throws IOException {
    Map<String, Object> seen =
        Files.readAttributes(file, "unix:mode,uid,gid,lastModifiedTime", LinkOption.NOFOLLOW_LINKS);
    int mode = (int) requireNonNull(seen.get("mode"));
    boolean link = Files.isSymbolicLink(file);
    String content =
        link
            ? Files.readSymbolicLink(file).toString()
            : Files.isRegularFile(file) ? Digest.of(Files.readAllBytes(file)).hex() : "";
    long seconds = ((FileTime) requireNonNull(seen.get("lastModifiedTime"))).toMillis() / 1000;
    return line(mode & 0170000, link ? 0777 : mode & 07777, seen, seconds, content);
  }

  private static String line(
      int type, int permissions, Map<String, Object> owner, long seconds, String content) {
    return line(type, permissions, owner.get("uid") + ":" + owner.get("gid"), seconds, content);
  }

  /** A directory's time is that of the last file made in it: GNU tar sets it when it leaves it. */
  private static String line(
      int type, int permissions, String owner, long seconds, String content) {
    String time = type == 0040000 ? "-" : Long.toString(seconds);
    return "%o %o %s %s %s".formatted(type, permissions, owner, time, content);
  }

  private static Map<String, String> described(LayerContents contents) {
    Map<String, String> described = new TreeMap<>();
    Map<Long, Set<String>> names = new HashMap<>();
    contents
        .paths()
        .forEach((path, inode) -> {
          if (!OWN.contains(path)) {
            described.put(path, describe(contents, inode));
            names.computeIfAbsent(inode.number(), _ -> new TreeSet<>()).add(path);
          }
        });
    for (Set<String> same : names.values()) {
      same.forEach(name -> described.merge(name, " " + same, String::concat));
    }
    return described;
  }

  private static String describe(LayerContents contents, Inode inode) {
    var attributes = inode.attributes();
    int type =
        switch (inode) {
          case Inode.Directory _ -> 0040000;
          case Inode.RegularFile _ -> 0100000;
          case Inode.Symlink _ -> 0120000;
          case Inode.SpecialFile special ->
              switch (special.type()) {
                case CHARACTER_DEVICE -> 0020000;
                case BLOCK_DEVICE -> 0060000;
                case FIFO -> 0010000;
              };
        };
    String content =
        switch (inode) {
          case Inode.RegularFile file -> contents.digest(file).hex();
          case Inode.Symlink link -> link.target();
          case Inode.Directory _, Inode.SpecialFile _ -> "";
        };
    return line(
        type,
        inode instanceof Inode.Symlink ? 0777 : attributes.permissions(),
        attributes.uid() + ":" + attributes.gid(),
        attributes.mtimeSeconds(),
        content);
  }
}
