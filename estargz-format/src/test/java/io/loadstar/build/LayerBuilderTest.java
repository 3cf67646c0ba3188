package io.loadstar.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.Inode;
import io.loadstar.layer.Landmark;
import io.loadstar.tar.TarBytes;
import io.loadstar.tar.TarWriter;
import io.loadstar.tar.UnsupportedTarException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LayerBuilderTest {

  private static final int FLIPS = 400;

  @TempDir Path directory;
  private final LayerBuilder builder = new LayerBuilder(2);

  @AfterEach
  void close() {
    builder.close();
  }

  @Test
  void ofDuplicateNamesTheLaterReplacesTheEarlierAndTakesItsOwnPlace() throws IOException {
    BuiltLayer built =
        build(
            new TarBytes()
                .file("a", '0', "first".getBytes(UTF_8))
                .file("b", '0', "between".getBytes(UTF_8))
                .file("./a", '0', "second".getBytes(UTF_8)));

    LayerContents contents = LayerContents.of(built);
    assertArrayEquals("second".getBytes(UTF_8), contents.bytes("a"));
    assertEquals(
        List.of(Landmark.NO_PREFETCH, "b", "./a"),
        contents.blob().toc().acceptUnverified().entries().stream().map(e -> e.name()).toList());
  }

  @Test
  void tocAndLandmarksOfTheInputAreDropped() throws IOException {
    BuiltLayer built =
        build(
            new TarBytes()
                .file("./stargz.index.json", '0', "old".getBytes(UTF_8))
                .file("/.prefetch.landmark", '0', new byte[] {1})
                .file(".no.prefetch.landmark", '0', new byte[] {1})
                .file("d/stargz.index.json", '0', "kept".getBytes(UTF_8)));

    LayerContents contents = LayerContents.of(built);
    assertEquals(
        List.of(Landmark.NO_PREFETCH, "d", "d/stargz.index.json"),
        List.copyOf(contents.paths().keySet()));
    assertArrayEquals(new byte[] {Landmark.CONTENT}, contents.bytes(Landmark.NO_PREFETCH));
  }

  @Test
  void aHardlinkComesBehindWhatItLeadsTo() throws IOException {
    BuiltLayer built =
        build(
            new TarBytes()
                .link("one", '1', "two")
                .link("two", '1', "file")
                .file("other", '0', "o".getBytes(UTF_8))
                .file("file", '0', "f".getBytes(UTF_8)));

    assertEquals(
        List.of(Landmark.NO_PREFETCH, "file", "two", "one", "other"),
        LayerContents.of(built).blob().toc().acceptUnverified().entries().stream()
            .map(e -> e.name())
            .toList());
    assertEquals(3, LayerContents.of(built).tree().find("one").orElseThrow().linkCount());
  }

  @Test
  void hardlinksThatCannotBeKeptAreRefused() {
    assertUnsupported(new TarBytes().link("a", '1', "absent"));
    assertUnsupported(new TarBytes().link("a", '1', "b").link("b", '1', "a"));
  }

  @Test
  void aBombGoesOffAtTheLimit() throws IOException {
    byte[] tar = new TarBytes().file("zeros", '0', new byte[1 << 20]).end();
    BuildOptions options = BuildOptions.DEFAULT.withMaxLayerBytes(1 << 20);

    var refused =
        assertThrows(
            MalformedBlobException.class,
            () -> builder.build(new ByteArrayInputStream(tar), directory.resolve("blob"), options));

    assertEquals(1 << 20, refused.offset());
    assertNothingLeft();
    BuildOptions enough = BuildOptions.DEFAULT.withMaxLayerBytes(tar.length);
    builder.build(new ByteArrayInputStream(tar), directory.resolve("blob"), enough);
  }

  @Test
  void headersAreWrittenByteForByteAndGlobalOnesAreFolded() throws IOException {
    byte[] plain =
        new TarBytes()
            .pax("mtime", "1.5".getBytes(UTF_8))
            .file("a", '0', "1".getBytes(UTF_8))
            .file("././@LongLink", 'L', "./long/name\0".getBytes(UTF_8))
            .file("b", '0', "2".getBytes(UTF_8))
            .end();
    byte[] governed =
        new TarBytes().file("g", 'g', "13 uid=12345\n".getBytes(UTF_8)).raw(plain).end();

    byte[] written = Shell.unzipped(build(plain).file());

    byte[] entries = Arrays.copyOf(plain, plain.length - TarWriter.END_OF_ARCHIVE);
    int landmark = 2 * TarWriter.BLOCK;
    assertArrayEquals(entries, Arrays.copyOfRange(written, landmark, landmark + entries.length));
    LayerContents folded = LayerContents.of(build(governed));
    assertEquals(12345, folded.tree().find("a").orElseThrow().attributes().uid());
    assertArrayEquals("2".getBytes(UTF_8), folded.bytes("long/name"));
    Files.write(directory.resolve("folded.tar"), Shell.unzipped(directory.resolve("blob")));
    String listing = Shell.run(directory, "tar", "-tvf", "folded.tar");
    assertTrue(listing.contains("12345"), listing);
    Files.delete(directory.resolve("folded.tar"));
  }

  @Test
  void whatCannotBeATreeIsNotHandedOut() throws IOException {
    assertThrows(
        MalformedBlobException.class,
        () -> build(new TarBytes().file("f", '0', new byte[0]).file("f/x", '0', new byte[0])));
    assertNothingLeft();
  }

  @Test
  void whatIsNoLayerIsRefusedAndNothingIsLeft() throws IOException {
    assertThrows(UnsupportedTarException.class, () -> build("<html>".getBytes(UTF_8)));
    assertThrows(MalformedBlobException.class, () -> build(new byte[] {0x1f, (byte) 0x8b, 8, 0}));
    byte[] whole = new TarBytes().file("f", '0', new byte[5000]).end();
    assertThrows(MalformedBlobException.class, () -> build(Arrays.copyOf(whole, 3000)));
    assertNothingLeft();
  }

  @Test
  void aFileThatIsThereIsReplacedOnlyByAWholeBlob() throws IOException {
    Path destination = Files.writeString(directory.resolve("blob"), "old");

    assertThrows(UnsupportedTarException.class, () -> build("no".getBytes(UTF_8)));
    assertEquals("old", Files.readString(destination));
    BuiltLayer built = build(new TarBytes().file("f", '0', new byte[5000]));
    assertEquals(built.size(), Files.size(destination));
  }

  @Test
  void anInputThatFailsIsToldAsItFailed() throws IOException {
    IOException cause = new IOException("connection reset");
    InputStream failing =
        new InputStream() {
          @Override
          public int read() throws IOException {
            throw cause;
          }

          @Override
          public int read(byte[] target, int start, int length) throws IOException {
            throw cause;
          }
        };

    assertEquals(
        cause,
        assertThrows(
            IOException.class,
            () -> builder.build(failing, directory.resolve("blob"), BuildOptions.DEFAULT)));
    assertNothingLeft();
  }

  @Test
  void anInterruptedBuildLeavesNothing() throws Exception {
    TarBytes tar = new TarBytes();
    byte[] noise = new byte[64 << 10];
    new Random(1).nextBytes(noise);
    for (int i = 0; i < 100; i++) {
      tar.file("f" + i, '0', noise);
    }
    Throwable[] thrown = new Throwable[1];
    Thread building =
        Thread.ofPlatform()
            .start(() -> {
              Thread.currentThread().interrupt();
              try {
                build(tar);
              } catch (IOException e) {
                thrown[0] = e;
              }
            });
    building.join();

    assertTrue(
        thrown[0] instanceof InterruptedIOException
            || thrown[0] instanceof java.nio.channels.ClosedByInterruptException,
        String.valueOf(thrown[0]));
    assertNothingLeft();
  }

  @Test
  void ownersNamesAreWrittenWhereTheyChange() throws IOException {
    TarBytes tar = new TarBytes();
    for (String name : List.of("root", "root", "toor", "root")) {
      byte[] header = tar.header("f" + name.hashCode() + tar.end().length, '0', 0);
      System.arraycopy(name.getBytes(UTF_8), 0, header, 265, 4);
      tar.raw(TarBytes.checksummed(header));
    }

    assertEquals(
        List.of("", "root", "", "toor", "root"),
        LayerContents.of(build(tar)).blob().toc().acceptUnverified().entries().stream()
            .map(e -> e.userName())
            .toList());
  }

  @Test
  void theFillOfABlockIsKeptAsItWas() throws IOException {
    byte[] fill = new byte[TarWriter.padding(3)];
    Arrays.fill(fill, (byte) 0x5a);
    TarBytes tar = new TarBytes();
    tar.raw(tar.header("f", '0', 3)).raw(new byte[3]).raw(fill);

    BuiltLayer built = build(tar);

    String uncompressed =
        Shell.sh(directory, "gzip -dc < " + built.file() + " | LC_ALL=C tr -cd Z | wc -c");
    assertEquals(fill.length, Integer.parseInt(uncompressed.strip()));
    assertEquals(3, LayerContents.of(built).tree().find("f").map(Inode::size).orElseThrow());
  }

  @Test
  void damagedTarsAreBuiltOrRefusedButNeverWorse() throws IOException {
    long seed = Long.getLong("loadstar.seed", System.nanoTime());
    System.out.println("damaged tars: -Dloadstar.seed=" + seed);
    Random random = new Random(seed);
    byte[] tar =
        new TarBytes()
            .pax("path", "dir/long".getBytes(UTF_8))
            .file("x", '0', "content".getBytes(UTF_8))
            .file("dir", '5', new byte[0])
            .link("hard", '1', "dir/long")
            .link("soft", '2', "dir")
            .file("L", 'L', "another/long/name".getBytes(UTF_8))
            .file("y", '0', new byte[600])
            .end();
    for (int i = 0; i < FLIPS; i++) {
      byte[] damaged = tar.clone();
      for (int flips = random.nextInt(3); flips >= 0; flips--) {
        int at = random.nextInt(damaged.length);
        damaged[at] ^= (byte) (1 << random.nextInt(8));
        repairChecksum(damaged, at / 512 * 512);
      }
      try {
        build(damaged);
      } catch (MalformedBlobException | UnsupportedTarException | DigestMismatchException e) {
        // what damage may lead to
      }
    }
  }

  /** So that damage reaches what is behind the checksum. */
  private static void repairChecksum(byte[] tar, int block) {
    if (tar[block + 257] == 'u') {
      byte[] header = Arrays.copyOfRange(tar, block, block + 512);
      System.arraycopy(TarBytes.checksummed(header), 0, tar, block, 512);
    }
  }

  private void assertUnsupported(TarBytes tar) {
    assertThrows(UnsupportedTarException.class, () -> build(tar));
  }

  private void assertNothingLeft() throws IOException {
    try (Stream<Path> left = Files.list(directory)) {
      assertEquals(List.of(), left.toList());
    }
  }

  private BuiltLayer build(TarBytes tar) throws IOException {
    return build(tar.end());
  }

  private BuiltLayer build(byte[] layer) throws IOException {
    return builder.build(
        new ByteArrayInputStream(layer), directory.resolve("blob"), BuildOptions.DEFAULT);
  }
}
