package io.loadstar.optimize;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.LayoutImageSource;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MediaTypes;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Layers are fetched once. */
class KeptSourceTest {

  private static final byte[] BYTES =
      "a layer's bytes".repeat(10_000).getBytes(StandardCharsets.UTF_8);
  private static final Descriptor LAYER =
      Descriptor.of(MediaTypes.OCI_LAYER_GZIP, Digest.of(BYTES), BYTES.length);

  @TempDir Path directory;
  private Path layers;

  @BeforeEach
  void store() throws IOException {
    layers = Files.createDirectory(directory.resolve("layers"));
    ImageDestination to =
        new LayoutImageDestination(OciLayout.openOrCreate(directory.resolve("layout")), "t");
    to.putBlob(LAYER, BlobContent.of(BYTES));
    byte[] manifest = "{\"schemaVersion\":2}".getBytes(StandardCharsets.UTF_8);
    to.publish(ImageDocument.of(MediaTypes.OCI_MANIFEST, manifest));
  }

  private KeptSource kept(ImageSource source) {
    return new KeptSource(source, layers);
  }

  private static byte[] whole(ImageSource source) throws IOException {
    byte[][] read = new byte[1][];
    try (BlobSource blob = source.openBlob(LAYER)) {
      blob.readRanges(
          List.of(new ByteRange(0, LAYER.size())), (_, bytes) -> read[0] = bytes.readAllBytes());
    }
    return read[0];
  }

  @Test
  void aLayerThatWasReadIsReadHereTheNextTime() throws IOException {
    OciLayout layout = OciLayout.open(directory.resolve("layout"));
    try (ImageSource source = new LayoutImageSource(layout, "t")) {
      assertArrayEquals(BYTES, whole(kept(source)));
      Files.delete(directory.resolve("layout/blobs/sha256").resolve(LAYER.digest().hex()));
      assertArrayEquals(BYTES, whole(kept(source)));
      ImageDocument named = kept(source).resolve();
      assertEquals(MediaTypes.OCI_MANIFEST, named.mediaType());
    }
  }

  @Test
  void whatWasReadInPartIsNotKept() throws IOException {
    OciLayout layout = OciLayout.open(directory.resolve("layout"));
    try (ImageSource source = new LayoutImageSource(layout, "t")) {
      try (BlobSource blob = kept(source).openBlob(LAYER)) {
        ByteRange all = new ByteRange(0, LAYER.size());
        blob.readRanges(List.of(all), (_, bytes) -> bytes.readNBytes(100));
        assertThrows(
            IOException.class,
            () ->
                blob.readRanges(
                    List.of(all),
                    (_, bytes) -> {
                      bytes.readAllBytes();
                      throw new IOException("refused");
                    }));
        blob.readRanges(
            List.of(new ByteRange(1, LAYER.size() - 1)), (_, bytes) -> bytes.readAllBytes());
      }
      try (Stream<Path> left = Files.list(layers)) {
        assertEquals(0, left.count());
      }
    }
  }
}
