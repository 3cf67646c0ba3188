package io.loadstar.build;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.LayerBlob;
import io.loadstar.layer.Chunk;
import io.loadstar.layer.Inode;
import io.loadstar.layer.Landmark;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.Member;
import io.loadstar.tar.TarInput;
import io.loadstar.tar.TarReader;
import io.loadstar.tar.UnsupportedTarException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What holds for a layer in every format, with members of one chunk and of many. */
class FormatContractTest {

  private static final Path SOURCE = Path.of("..", "testdata", "peer", "source.tar.gz");
  private static final int CHUNK = 4096;

  @TempDir Path directory;

  static Stream<BuildOptions> everyFormat() {
    return BlobFormat.all().stream()
        .map(BuildOptions.DEFAULT.withChunkSize(CHUNK)::withFormat)
        .flatMap(each -> Stream.of(each, each.withMinChunkSize(3 * CHUNK)));
  }

  static Stream<BuildOptions> everyLosslessFormat() {
    return everyFormat()
        .filter(each -> !(each.format() instanceof BlobFormat.EStargz))
        .map(each -> each.withLossless(true));
  }

  static Stream<BuildOptions> everyWay() {
    return Stream.concat(everyFormat(), everyLosslessFormat());
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void theTreeAndTheBytesAreTheSameInEachFormat(BuildOptions options) throws IOException {
    LayerContents expected = LayerContents.of(build(BuildOptions.DEFAULT));
    LayerContents actual = LayerContents.of(build(options));

    assertEquals(options.format(), actual.blob().format());
    Map<String, Inode> paths = withoutLandmark(actual);
    assertEquals(withoutLandmark(expected).keySet(), paths.keySet());
    withoutLandmark(expected)
        .forEach((path, inode) -> {
          Inode same = java.util.Objects.requireNonNull(paths.get(path), path);
          assertEquals(inode.attributes(), same.attributes(), path);
          assertEquals(inode.linkCount(), same.linkCount(), path);
          if (inode instanceof Inode.RegularFile) {
            assertArrayEquals(expected.bytes(inode), actual.bytes(same), path);
          }
        });
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void ordinaryToolsFindATarWithTheSaidDiffId(BuildOptions options) throws IOException {
    BuiltLayer built = build(options);

    byte[] tar = decompressed(built);

    assertEquals(built.diffId(), Digest.of(tar));
    assertEquals(built.uncompressedSize(), tar.length);
    List<String> names = new ArrayList<>();
    TarReader reader = new TarReader(new ByteArrayInputStream(tar));
    for (var entry = reader.next(); entry != null; entry = reader.next()) {
      names.add(entry.name());
    }
    assertTrue(names.contains("./etc/app/config"), names::toString);
    Path file = Files.write(directory.resolve("whole.tar"), tar);
    assertTrue(Shell.run(directory, "tar", "-tf", file.toString()).contains("etc/app/config"));
  }

  @ParameterizedTest
  @MethodSource("everyLosslessFormat")
  void aLosslessLayerIsTheInputToTheByte(BuildOptions options) throws IOException {
    byte[] tar;
    try (InputStream source = TarInput.open(Files.newInputStream(SOURCE))) {
      tar = source.readAllBytes();
    }

    assertArrayEquals(tar, decompressed(build(options)));
  }

  @ParameterizedTest
  @MethodSource("everyLosslessFormat")
  void globalHeadersDuplicatesAndJunkStayInALosslessLayer(BuildOptions options) throws IOException {
    Shell.sh(
        directory,
        "mkdir d; echo one >d/a; ln d/a d/b; tar --format=pax --pax-option=globexthdr.name=g,"
            + "comment=hello,uname=someone -cf in.tar d; echo two >d/a;"
            + " tar --format=pax -rf in.tar d/a; head -c 3000 /dev/zero >>in.tar; echo junk >>in.tar");
    byte[] tar = Files.readAllBytes(directory.resolve("in.tar"));

    BuiltLayer built = build(new ByteArrayInputStream(tar), options, 2);

    assertArrayEquals(tar, decompressed(built));
    LayerContents contents = LayerContents.of(built);
    assertEquals(
        "two\n", new String(contents.bytes("d/a"), java.nio.charset.StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @MethodSource("everyLosslessFormat")
  void whatWasConvertedBeforeIsNotTakenAsLossless(BuildOptions options) throws IOException {
    Path before = build(BuildOptions.DEFAULT).file();

    try (InputStream again = Files.newInputStream(before)) {
      var refused = assertThrows(UnsupportedTarException.class, () -> build(again, options, 2));
      assertTrue(String.valueOf(refused.getMessage()).contains(".no.prefetch.landmark"));
    }
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void theNumberOfThreadsChangesNothing(BuildOptions options) throws IOException {
    byte[] noise = new byte[3_000_000];
    new Random(7).nextBytes(noise);
    Files.write(directory.resolve("noise"), noise);
    Shell.sh(directory, "for i in 1 2 3 4 5 6 7; do head -c ${i}0001 noise >f$i; done");
    Shell.sh(directory, "tar -cf in.tar noise f1 f2 f3 f4 f5 f6 f7");
    byte[] tar = Files.readAllBytes(directory.resolve("in.tar"));

    Digest one = build(new ByteArrayInputStream(tar), options, 1).digest();

    assertEquals(one, build(new ByteArrayInputStream(tar), options, 4).digest());
  }

  @ParameterizedTest
  @MethodSource("everyFormat")
  void prioritizedFilesLieBeforeTheLandmark(BuildOptions options) throws IOException {
    PrioritizedFiles files =
        new PrioritizedFiles(List.of("etc/app/config"), PrioritizedFiles.Absent.REFUSE);

    LayerContents contents = LayerContents.of(build(options.withPrioritized(files)));

    assertInstanceOf(Landmark.PrefetchUpTo.class, contents.tree().landmark());
    long end = contents.tree().prefetchEnd().orElseThrow();
    var file = (Inode.RegularFile) contents.tree().find("etc/app/config").orElseThrow();
    assertTrue(file.chunks().getLast().member().end() <= end);
  }

  @ParameterizedTest
  @MethodSource("everyFormat")
  void piecesOfPrioritizedFilesThatNobodyReadsAreNamed(BuildOptions options) throws IOException {
    Files.write(directory.resolve("large"), new byte[10 * CHUNK]);
    Files.write(directory.resolve("small"), new byte[10]);
    Shell.sh(directory, "tar -cf in.tar small large");
    PrioritizedFiles files =
        new PrioritizedFiles(List.of("large", "small"), PrioritizedFiles.Absent.REFUSE)
            .withParts(
                Map.of(
                    "large",
                    List.of(new ByteRange(0, 1), ByteRange.between(3 * CHUNK - 1, 5 * CHUNK + 1))));

    LayerTree tree;
    try (InputStream tar = Files.newInputStream(directory.resolve("in.tar"))) {
      tree = LayerContents.of(build(tar, options.withPrioritized(files), 2)).tree();
    }

    // A member that has anything else in it is prefetched.
    List<Chunk> chunks = ((Inode.RegularFile) tree.find("large").orElseThrow()).chunks();
    var small = (Inode.RegularFile) tree.find("small").orElseThrow();
    Set<ByteRange> read = new HashSet<>(Set.of(small.chunks().getFirst().member()));
    for (int i : new int[] {0, 2, 3, 4, 5}) {
      read.add(chunks.get(i).member());
    }
    Set<ByteRange> unread = new TreeSet<>(Comparator.comparingLong(ByteRange::offset));
    chunks.forEach(chunk -> unread.add(chunk.member()));
    unread.removeAll(read);
    var landmark = assertInstanceOf(Landmark.PrefetchUpTo.class, tree.landmark());
    assertEquals(options.minChunkSize() == 0 ? 2 : 1, landmark.unread().size());
    List<ByteRange> inPieces =
        unread.stream()
            .filter(member ->
                landmark.unread().stream()
                    .anyMatch(r -> r.offset() <= member.offset() && member.end() <= r.end()))
            .toList();
    assertEquals(List.copyOf(unread), inPieces);
    long bytes = unread.stream().mapToLong(ByteRange::length).sum();
    assertEquals(landmark.end() - bytes, landmark.bytes());
    assertEquals(landmark, LayerTree.open(tree.index()).landmark());
  }

  @ParameterizedTest
  @MethodSource("everyLosslessFormat")
  void aLosslessLayerHasNoLandmark(BuildOptions options) throws IOException {
    assertInstanceOf(Landmark.Absent.class, LayerContents.of(build(options)).tree().landmark());
  }

  @Test
  void aLeastChunkSizeMakesFewerMembersThatHoldMore() throws IOException {
    BuildOptions options = BuildOptions.DEFAULT.withChunkSize(CHUNK);
    List<Member> many = LayerContents.of(build(options)).tree().members();
    List<Member> few =
        LayerContents.of(build(options.withMinChunkSize(3 * CHUNK))).tree().members();

    assertTrue(few.size() < many.size(), few.size() + " of " + many.size());
    assertTrue(few.stream().anyMatch(member -> member.chunks().size() > 1));
  }

  @ParameterizedTest
  @MethodSource("everyWay")
  void aChangedByteIsNeverServed(BuildOptions options) throws IOException {
    BuiltLayer built = build(options);
    byte[] blob = Files.readAllBytes(built.file());
    LayerContents right = LayerContents.of(built);
    Random random = new Random(11);
    for (int i = 0; i < 100; i++) {
      int at = random.nextInt(blob.length);
      byte[] wrong = blob.clone();
      wrong[at] ^= (byte) (1 << random.nextInt(8));
      Path file = Files.write(directory.resolve("wrong"), wrong);
      try {
        LayerContents read = LayerContents.of(file, built);
        withoutLandmark(right).forEach((path, inode) -> assertSame(path, right, read));
      } catch (MalformedBlobException | UnsupportedBlobException | DigestMismatchException e) {
        assertTrue(e.getMessage() != null, "says what is wrong");
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyFormat")
  void aBlobThatIsCutAnywhereIsRefused(BuildOptions options) throws IOException {
    BuiltLayer built = build(options);
    byte[] blob = Files.readAllBytes(built.file());
    for (int length = 0; length < blob.length; length += 97) {
      Path file = Files.write(directory.resolve("cut"), java.util.Arrays.copyOf(blob, length));
      try (BlobSource source = FileBlobSource.open(file, built.digest())) {
        assertThrows(
            IOException.class, () -> LayerBlob.open(source, layer -> LayerContents.toc(built)));
      }
    }
  }

  @ParameterizedTest
  @MethodSource("everyFormat")
  void anEmptyLayerIsAnEmptyTree(BuildOptions options) throws IOException {
    BuiltLayer built = build(new ByteArrayInputStream(new byte[1024]), options, 1);

    assertEquals(Map.of(), withoutLandmark(LayerContents.of(built)));
  }

  private static Map<String, Inode> withoutLandmark(LayerContents contents) {
    Map<String, Inode> paths = contents.paths();
    paths.remove(Landmark.NO_PREFETCH);
    return paths;
  }

  private static void assertSame(String path, LayerContents expected, LayerContents actual) {
    Inode inode = expected.tree().find(path).orElseThrow();
    Inode same = actual.tree().find(path).orElseThrow();
    assertEquals(inode.attributes(), same.attributes(), path);
    if (inode instanceof Inode.RegularFile) {
      assertArrayEquals(expected.bytes(inode), actual.bytes(same), path);
    }
  }

  private static byte[] decompressed(BuiltLayer built) throws IOException {
    try (InputStream tar = TarInput.open(Files.newInputStream(built.file()))) {
      return tar.readAllBytes();
    }
  }

  private BuiltLayer build(BuildOptions options) throws IOException {
    try (InputStream source = Files.newInputStream(SOURCE)) {
      return build(source, options, 2);
    }
  }

  private BuiltLayer build(InputStream source, BuildOptions options, int threads)
      throws IOException {
    try (LayerBuilder builder = new LayerBuilder(threads)) {
      return builder.build(source, directory.resolve("layer"), options);
    }
  }
}
