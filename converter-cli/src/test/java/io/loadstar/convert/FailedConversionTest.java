package io.loadstar.convert;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.layout.LayoutException;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.Manifest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** What can't be converted is said, and leaves nothing. */
final class FailedConversionTest extends ConversionRig {
  @Test
  void aLayerThatIsNoTarFailsAndLeavesNothing() throws Exception {
    TestImage image =
        new TestImage(TestImage.Family.OCI, "amd64")
            .blob(TestImage.nonsense(), Digest.of(TestImage.nonsense()));
    publish("src", image);
    Path target = directory.resolve("target");
    ConversionException e =
        assertThrows(
            ConversionException.class,
            () -> {
              try (ImageDestination destination =
                  new LayoutImageDestination(OciLayout.openOrCreate(target), "x")) {
                convert("src", destination, options(), builder);
              }
            });
    assertTrue(
        String.valueOf(e.getMessage())
            .contains("layer " + Digest.of(TestImage.nonsense()) + " of oci:"));
    assertFalse(Files.exists(target));
    assertEquals(List.of(), files(work));
  }

  @Test
  void aDamagedLayerIsAMismatchAndNotAMalformedTar() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1));
    Descriptor layer = Manifest.parse(source("src").resolve()).layers().getFirst();
    Path file = layout().resolve("blobs/sha256").resolve(layer.digest().hex());
    byte[] bytes = Files.readAllBytes(file);
    bytes[bytes.length / 2] ^= 0x55;
    Files.write(file, bytes);
    assertThrows(DigestMismatchException.class, () -> convert("src", "dst", options()));
    assertThrows(LayoutException.NotFound.class, () -> source("dst").resolve());
    assertEquals(List.of(), files(work));
  }

  @Test
  void aConfigThatDoesNotFitIsRefused() throws Exception {
    ImageDocument document = image(TestImage.Family.OCI, "amd64", 1, 2).store(destination("x"));
    Manifest manifest = Manifest.parse(document);
    destination("src")
        .publish(manifest.withLayers(List.of(manifest.layers().getFirst())).toDocument());
    assertThrows(ConversionException.class, () -> convert("src", "dst", options()));
  }

  @Test
  void anInterruptedConversionLeavesNothing() throws Exception {
    publish("src", image(TestImage.Family.OCI, "amd64", 1, 2));
    CountDownLatch reading = new CountDownLatch(1);
    CompletableFuture<Throwable> ended = new CompletableFuture<>();
    Thread thread =
        Thread.ofVirtual()
            .start(() -> {
              try {
                new ImageConverter(
                        new ImageConverter.Places(source("src"), destination("dst")),
                        builder,
                        options(),
                        new Recorder() {
                          @Override
                          public void read(Descriptor blob, long bytes) {
                            reading.countDown();
                          }
                        })
                    .convert(source("src").resolve());
                ended.complete(new AssertionError("it wasn't interrupted"));
              } catch (IOException | RuntimeException e) {
                ended.complete(e);
              }
            });
    assertTrue(reading.await(20, TimeUnit.SECONDS));
    thread.interrupt();
    Throwable thrown = ended.get(20, TimeUnit.SECONDS);
    assertTrue(thrown instanceof IOException, String.valueOf(thrown));
    assertThrows(LayoutException.NotFound.class, () -> source("dst").resolve());
    assertEquals(List.of(), files(work));
    assertTrue(
        files(layout().resolve("blobs/sha256")).stream()
            .noneMatch(file -> file.getFileName().toString().startsWith(".")));
  }
}
