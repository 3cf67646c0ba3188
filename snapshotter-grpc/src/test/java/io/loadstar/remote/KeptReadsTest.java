package io.loadstar.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.lazy.LearntReads;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Arrays;
import java.util.List;
import java.util.stream.LongStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KeptReadsTest {

  private static final Digest LAYER = new Digest("a".repeat(64));
  private static final List<Long> READ = List.of(700L, 0L, 1L << 40);

  @TempDir Path root;

  @SuppressWarnings("NullAway.Init")
  private KeptReads reads;

  @BeforeEach
  void open() throws IOException {
    reads = KeptReads.open(root);
  }

  private Path file() {
    return root.resolve("reads").resolve(LAYER.hex());
  }

  private long files() throws IOException {
    try (var files = Files.list(root.resolve("reads"))) {
      return files.count();
    }
  }

  @Test
  void whatWasReadIsKnownToTheNextProcess() throws Exception {
    assertEquals(List.of(), reads.of(LAYER));
    reads.learn(LAYER, READ);
    assertEquals(READ, KeptReads.open(root).of(LAYER));
    assertEquals(List.of(), reads.of(new Digest("b".repeat(64))));
    assertEquals(1, files());
  }

  @Test
  void whatOnlyAnEarlierStartReadStaysBehindWhatThisOneDid() {
    reads.learn(LAYER, READ);
    reads.learn(LAYER, List.of(5L, 700L));
    assertEquals(List.of(5L, 700L, 0L, 1L << 40), reads.of(LAYER));
  }

  @Test
  void aStartThatReadNothingNewWritesNothing() throws Exception {
    reads.learn(LAYER, READ);
    FileTime before = FileTime.fromMillis(1000);
    Files.setLastModifiedTime(file(), before);
    reads.learn(LAYER, List.of(700L));
    assertEquals(before, Files.getLastModifiedTime(file()));
    assertEquals(READ, reads.of(LAYER));
  }

  @Test
  void moreThanTheBoundIsCutOff() {
    reads.learn(LAYER, READ);
    List<Long> many = LongStream.range(0, LearntReads.MAX_MEMBERS).mapToObj(i -> i + 5000).toList();
    reads.learn(LAYER, many);
    assertEquals(many, reads.of(LAYER));
  }

  @Test
  void aDamagedFileIsAsGoodAsNone() throws Exception {
    reads.learn(LAYER, READ);
    byte[] good = Files.readAllBytes(file());
    for (int i = 0; i < good.length; i++) {
      byte[] bad = good.clone();
      bad[i] ^= 0x10;
      Files.write(file(), bad);
      assertEquals(List.of(), reads.of(LAYER), "byte " + i);
      Files.write(file(), Arrays.copyOf(good, i));
      assertEquals(List.of(), reads.of(LAYER), "cut at " + i);
    }
    Files.write(file(), new byte[100_000]);
    assertEquals(List.of(), reads.of(LAYER));
    reads.learn(LAYER, READ);
    assertEquals(READ, reads.of(LAYER));
  }

  @Test
  void whatAKilledProcessLeftIsClearedAway() throws Exception {
    Files.write(root.resolve("reads").resolve("new-123"), new byte[10]);
    KeptReads.open(root);
    assertEquals(0, files());
  }

  @Test
  void ofTooManyLayersTheOldestGo() throws Exception {
    reads.learn(LAYER, READ);
    Files.setLastModifiedTime(file(), FileTime.fromMillis(1000));
    for (int i = 0; i < KeptReads.MAX_LAYERS; i++) {
      assertTrue(Files.exists(file()));
      reads.learn(Digest.of(new byte[] {(byte) i, (byte) (i >> 8)}), READ);
    }
    assertFalse(Files.exists(file()));
    assertEquals(KeptReads.MAX_LAYERS, files());
  }
}
