package io.loadstar.build;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.LayerBlob;
import io.loadstar.format.StargzFooter;
import io.loadstar.format.ZstdFooter;
import io.loadstar.layer.Inode;
import io.loadstar.layer.Landmark;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers that ctr-remote converted: see testdata/README.md. */
class PeerBlobTest {

  private static final Path PEER = Path.of("..", "testdata", "peer");
  private static final Digest CHUNKED_TOC =
      Digest.parse("sha256:82a6a9083df8b3e2d6cc0acbd433f00d19d9813700484568d47dc3216b4bb12a");
  private static final Digest PRIORITIZED_TOC =
      Digest.parse("sha256:8faaead0a8e84feddceb874e8cb69ae6be2811fbd095f0ebc8be4f7525982b4f");
  private static final Digest ZSTD_TOC =
      Digest.parse("sha256:68dd620ebff03344894193c6dd1448b1f267d4f4ed91e656d4728108d3c9ce89");
  private static final BuildOptions OPTIONS =
      BuildOptions.DEFAULT
          .withChunkSize(4096)
          .withFormat(new BlobFormat.EStargz(StargzFooter.SUBFIELD));

  @TempDir Path directory;

  @Test
  void thePeersLayerShowsTheSameTreeAsOurs() throws IOException {
    LayerContents theirs = LayerContents.of(PEER.resolve("chunks-4096.esgz"), CHUNKED_TOC);
    LayerContents ours = ours(OPTIONS);

    assertEquals(ours.paths().keySet(), theirs.paths().keySet());
    for (Map.Entry<String, Inode> each : ours.paths().entrySet()) {
      assertSame(each.getKey(), ours, theirs);
    }
    assertEquals(ours.tree().count(), theirs.tree().count());
    assertEquals(new BlobFormat.EStargz(StargzFooter.SUBFIELD), theirs.blob().format());
  }

  @Test
  void ourTocSaysWhatThePeersSays() throws IOException {
    List<TocEntry> theirs = rows(PEER.resolve("chunks-4096.esgz"));
    List<TocEntry> ours = rows(build(OPTIONS).file());

    assertEquals(theirs.size(), ours.size());
    for (int i = 0; i < ours.size(); i++) {
      assertEquals(comparable(theirs.get(i)), comparable(ours.get(i)));
      assertEquals(theirs.get(i).offset() == 0, ours.get(i).offset() == 0);
    }
  }

  @Test
  void thePeersPrioritizedFilesComeBeforeItsLandmark() throws IOException {
    LayerContents theirs = LayerContents.of(PEER.resolve("prioritized.esgz"), PRIORITIZED_TOC);

    long end = theirs.tree().prefetchEnd().orElseThrow();
    for (String path : List.of("etc/app/config", "bin/tool2")) {
      var file = (Inode.RegularFile) theirs.tree().find(path).orElseThrow();
      assertTrue(file.chunks().getLast().member().end() <= end, path);
    }
    assertTrue(theirs.tree().landmark() instanceof Landmark.PrefetchUpTo);
  }

  @Test
  void ourOrderOfPrioritizedFilesIsThePeers() throws IOException {
    PrioritizedFiles files =
        new PrioritizedFiles(
            List.of("etc/app/config", "bin/tool2"), PrioritizedFiles.Absent.REFUSE);

    List<TocEntry> ours = rows(build(BuildOptions.DEFAULT.withPrioritized(files)).file());

    assertEquals(
        rows(PEER.resolve("prioritized.esgz")).stream().map(TocEntry::name).toList(),
        ours.stream().map(TocEntry::name).toList());
  }

  @Test
  void thePeersZstdLayerShowsTheSameTreeAsOurs() throws IOException {
    LayerContents theirs = LayerContents.of(PEER.resolve("zstd-chunked.zst"), ZSTD_TOC);
    LayerContents ours = ours(OPTIONS);

    assertEquals(new BlobFormat.ZstdChunked(ZstdFooter.SHORT), theirs.blob().format());
    assertEquals(ours.paths().keySet(), theirs.paths().keySet());
    for (String path : ours.paths().keySet()) {
      assertSame(path, ours, theirs);
    }
  }

  private static void assertSame(String path, LayerContents ours, LayerContents theirs) {
    Inode expected = ours.tree().find(path).orElseThrow();
    Inode actual = theirs.tree().find(path).orElseThrow();
    assertEquals(expected.number(), actual.number(), path);
    assertEquals(expected.attributes(), actual.attributes(), path);
    assertEquals(expected.linkCount(), actual.linkCount(), path);
    assertEquals(expected.size(), actual.size(), path);
    assertEquals(expected.xattrs().keySet(), actual.xattrs().keySet(), path);
    expected
        .xattrs()
        .forEach((name, value) -> assertArrayEquals(value, actual.xattrs().get(name), path));
    if (expected instanceof Inode.RegularFile file) {
      assertArrayEquals(ours.bytes(expected), theirs.bytes(actual), path);
      assertEquals(file.digest(), ((Inode.RegularFile) actual).digest(), path);
    }
  }

  /** Without what may differ: where it is, owners' names (the peer repeats some), xattr arrays. */
  private static TocEntry comparable(TocEntry row) {
    return row.toBuilder()
        .offset(0)
        .userName("")
        .groupName("")
        .xattrs(java.util.Collections.emptySortedMap())
        .build();
  }

  private static List<TocEntry> rows(Path file) throws IOException {
    try (FileBlobSource source = FileBlobSource.open(file, Digest.of(Files.readAllBytes(file)))) {
      Toc toc = LayerBlob.open(source).toc().acceptUnverified();
      return toc.entries();
    }
  }

  private LayerContents ours(BuildOptions options) throws IOException {
    BuiltLayer built = build(options);
    return LayerContents.of(built.file(), built.tocDigest());
  }

  private BuiltLayer build(BuildOptions options) throws IOException {
    try (LayerBuilder builder = new LayerBuilder(2);
        InputStream source = Files.newInputStream(PEER.resolve("source.tar.gz"))) {
      return builder.build(source, directory.resolve("ours"), options);
    }
  }
}
