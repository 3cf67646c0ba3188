package io.loadstar.build;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.format.BlobFormat;
import io.loadstar.format.StargzFooter;
import io.loadstar.tar.TarBytes;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same input, the same options, the same compressor: the same bytes, wherever and whenever. */
class ReproducibleBuildTest {

  private static final Path SOURCE = Path.of("..", "testdata", "peer", "source.tar.gz");

  /** Whose bytes the digests here are. */
  private static final Compressor COMPRESSOR = new Compressor("loadstar-deflate", "1");

  @TempDir Path directory;

  @Test
  void theDefaultOptionsGiveThisBlob() throws IOException {
    assertBuilds(
        "sha256:612fb23f5ae56cf951a3d27ee9c4062f188d6991af5cb842b6e843578c934a9a",
        BuildOptions.DEFAULT);
  }

  @Test
  void theBestLevelAndSmallChunksGiveThisBlob() throws IOException {
    assertBuilds(
        "sha256:e3e35d617e5eb83c9eab081113b23684c97b0224bd0bf7e8ebd318a91986fd09",
        BuildOptions.DEFAULT
            .withCompressionLevel(9)
            .withChunkSize(4096)
            .withFormat(new BlobFormat.EStargz(StargzFooter.SUBFIELD)));
  }

  @Test
  void anyNumberOfThreadsGivesTheSameBytes() throws IOException {
    byte[] tar = tarOfManySizes(new Random(8));
    for (int level : new int[] {1, 6, 9}) {
      BuildOptions options =
          BuildOptions.DEFAULT.withChunkSize(64 << 10).withCompressionLevel(level);
      BuiltLayer alone = built(new ByteArrayInputStream(tar), 1, options);
      byte[] bytes = Files.readAllBytes(alone.file());
      for (int threads : new int[] {2, 3, 16}) {
        BuiltLayer together = built(new ByteArrayInputStream(tar), threads, options);
        assertEquals(alone, together, threads + " threads");
        assertArrayEquals(bytes, Files.readAllBytes(together.file()), threads + " threads");
      }
    }
  }

  /** Many tasks' worth: empty files, small ones, and some of several chunks. */
  private static byte[] tarOfManySizes(Random random) {
    TarBytes tar = new TarBytes();
    for (int i = 0; i < 300; i++) {
      byte[] content = new byte[random.nextInt(i % 50 == 0 ? 700_000 : 5_000)];
      for (int at = 0; at < content.length; at++) {
        content[at] = (byte) (random.nextInt(3) * random.nextInt(40));
      }
      tar.file("file" + i, '0', content);
    }
    return tar.end();
  }

  private void assertBuilds(String digest, BuildOptions options) throws IOException {
    assumeTrue(
        options.compressor().equals(COMPRESSOR),
        () -> "skipped: the digests are of " + COMPRESSOR + ", this is " + options.compressor());
    assertEquals(digest, built(Files.newInputStream(SOURCE), 2, options).digest().toString());
  }

  private BuiltLayer built(InputStream layer, int threads, BuildOptions options)
      throws IOException {
    try (layer;
        LayerBuilder builder = new LayerBuilder(threads)) {
      return builder.build(layer, directory.resolve("built"), options);
    }
  }
}
