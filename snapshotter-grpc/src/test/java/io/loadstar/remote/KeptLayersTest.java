package io.loadstar.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.build.BuildOptions;
import io.loadstar.build.BuiltLayer;
import io.loadstar.build.LayerBuilder;
import io.loadstar.format.LayerBlob;
import io.loadstar.format.UnverifiedToc;
import io.loadstar.layer.LayerTree;
import io.loadstar.lazy.HeadStart;
import io.loadstar.lazy.LazyLayer;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class KeptLayersTest {

  private static final Digest OTHER = new Digest("0".repeat(64));

  /** Two blocks of zeros: a tar of nothing (POSIX pax, "End-of-Archive"). */
  private static final byte[] EMPTY_TAR = new byte[1024];

  @TempDir Path root;

  @SuppressWarnings("NullAway.Init")
  private KeptLayers layers;

  @SuppressWarnings("NullAway.Init")
  private BuiltLayer built;

  @SuppressWarnings("NullAway.Init")
  private ResolvedLayer resolved;

  @BeforeEach
  void open() throws Exception {
    layers = KeptLayers.open(root);
    try (LayerBuilder builder = new LayerBuilder(1)) {
      built =
          builder.build(
              new ByteArrayInputStream(EMPTY_TAR), root.resolve("blob"), BuildOptions.DEFAULT);
    }
    FileBlobSource source = FileBlobSource.open(built.file(), built.digest());
    LayerBlob blob = LayerBlob.open(source);
    LayerTree tree = LayerTree.of(blob.toc().verify(built.tocDigest()), blob.tocOffset());
    resolved =
        new ResolvedLayer(
            new LazyLayer.Content(tree, blob.format(), source),
            blob.toc(),
            blob.tocOffset(),
            HeadStart.NONE);
  }

  private Path kept() {
    return root.resolve("layers").resolve(built.digest().hex());
  }

  @Test
  void whatIsKeptIsFoundByTheNextProcess() throws Exception {
    layers.keep(built.digest(), resolved);
    KeptLayers.Kept kept = KeptLayers.open(root).find(built.digest()).orElseThrow();
    assertEquals(built.size(), kept.blobSize());
    assertEquals(built.tocOffset(), kept.tocOffset());
    assertEquals(resolved.format(), kept.format());
    if (!(kept.contents() instanceof KeptLayers.Contents.Index index)) {
      throw new AssertionError("not the index: " + kept.contents());
    }
    assertEquals(built.tocDigest(), index.tocDigest());
    assertEquals(resolved.content().tree().index(), index.tree().index());
  }

  @Test
  void withoutAnIndexThereIsTheToc() throws Exception {
    for (String damage : new String[] {"x", ""}) {
      layers.keep(built.digest(), resolved);
      Files.writeString(kept().resolve("index"), damage);
      KeptLayers.Kept kept = layers.find(built.digest()).orElseThrow();
      assertEquals(
          built.tocDigest(),
          kept.contents() instanceof KeptLayers.Contents.Document(UnverifiedToc toc)
              ? toc.digest()
              : OTHER);
      assertTrue(layers.tree(built.digest()).isEmpty());
    }
    layers.keep(built.digest(), resolved);
    assertTrue(layers.tree(built.digest()).isPresent());
  }

  @Test
  void whatIsNotKeptIsNotFound() throws Exception {
    assertEquals(Optional.empty(), layers.find(OTHER));
  }

  @Test
  void aDamagedTocIsNoticed() throws Exception {
    layers.keep(built.digest(), resolved);
    Files.delete(kept().resolve("index"));
    Files.writeString(kept().resolve("toc.json"), " ", StandardOpenOption.APPEND);
    assertThrows(IOException.class, () -> layers.find(built.digest()));
  }

  @Test
  void damagedFactsAreNoticedAndReplaced() throws Exception {
    layers.keep(built.digest(), resolved);
    for (String damaged : new String[] {"", "{", "[]", "{\"blobSize\":-1}", "{\"footer\":\"x\"}"}) {
      Files.writeString(kept().resolve("layer.json"), damaged);
      assertThrows(IOException.class, () -> layers.find(built.digest()), damaged);
    }
    layers.keep(built.digest(), resolved);
    assertTrue(layers.find(built.digest()).isPresent());
  }

  @Test
  void keepingTwiceChangesNothing() throws Exception {
    layers.keep(built.digest(), resolved);
    Object before = Files.getAttribute(kept(), "unix:ino");
    layers.keep(built.digest(), resolved);
    assertEquals(before, Files.getAttribute(kept(), "unix:ino"));
  }

  @Test
  void whatIsForcedIsWhatIsThereAndNothingElseIsMissed() throws Exception {
    layers.keep(built.digest(), resolved);
    layers.force(built.digest());
    assertTrue(layers.find(built.digest()).isPresent());
    layers.drop(built.digest());
    layers.force(built.digest());
    assertEquals(Optional.empty(), layers.find(built.digest()));
  }

  @Test
  void whatIsNotNamedIsDropped() throws Exception {
    layers.keep(built.digest(), resolved);
    layers.keep(OTHER, resolved);
    Files.createDirectory(root.resolve("layers/new-1"));
    layers.dropAllBut(Set.of(OTHER));
    try (Stream<Path> left = Files.list(root.resolve("layers"))) {
      assertEquals(
          OTHER.hex(), left.map(path -> String.valueOf(path.getFileName())).findAny().orElse(""));
    }
    layers.drop(OTHER);
    layers.drop(OTHER);
    assertEquals(Optional.empty(), layers.find(OTHER));
  }
}
