package io.loadstar.layout;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MalformedDocumentException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

final class OciLayoutTest {

  private static final byte[] BYTES = "some layer".getBytes(UTF_8);
  private static final Descriptor BLOB =
      Descriptor.of("application/x", Digest.of(BYTES), BYTES.length);

  @TempDir Path directory;

  @Test
  void whatWasPublishedIsFoundByItsTag() throws IOException {
    ImageDocument first = index("first");
    ImageDocument second = index("second");
    destination("a").publish(first);
    destination("b").publish(second);
    assertEquals(first.digest(), source("a").resolve().digest());
    assertEquals(second.digest(), source("b").resolve().digest());
    destination("a").publish(second);
    assertEquals(second.digest(), source("a").resolve().digest());
    assertEquals(2, OciLayout.open(layout()).index().manifests().size());
  }

  @Test
  void blobsAreStoredAndRead() throws IOException {
    ImageDestination destination = destination("a");
    assertFalse(destination.hasBlob(BLOB));
    destination.putBlob(BLOB, BlobContent.of(BYTES));
    assertTrue(destination.hasBlob(BLOB));
    try (BlobSource blob = source("a").openBlob(BLOB)) {
      ByteBuffer read = ByteBuffer.allocate(5);
      blob.readFully(5, read);
      assertEquals("layer", new String(read.array(), UTF_8));
    }
    assertArrayEquals(BYTES, source("a").smallBlob(BLOB));
  }

  @Test
  void wrongBytesLeaveNothingBehind() throws IOException {
    ImageDestination destination = destination("a");
    byte[] wrong = "some laver".getBytes(UTF_8);
    assertThrows(
        DigestMismatchException.class, () -> destination.putBlob(BLOB, BlobContent.of(wrong)));
    assertThrows(
        IOException.class,
        () ->
            destination.putBlob(
                BLOB,
                out -> {
                  out.write(BYTES, 0, 3);
                  throw new IOException("the source fails");
                }));
    assertFalse(destination.hasBlob(BLOB));
    try (Stream<Path> files = Files.list(layout().resolve("blobs/sha256"))) {
      assertEquals(List.of(), files.toList());
    }
  }

  @Test
  void aBlobThatWasTamperedWithIsNotReturned() throws IOException {
    destination("a").putBlob(BLOB, BlobContent.of(BYTES));
    Path file = layout().resolve("blobs/sha256").resolve(BLOB.digest().hex());
    Files.writeString(file, "some laver");
    assertThrows(DigestMismatchException.class, () -> source("a").smallBlob(BLOB));
    Files.writeString(file, "some layer and more");
    assertThrows(MalformedDocumentException.class, () -> source("a").openBlob(BLOB));
  }

  @Test
  void missingThingsAreNamed() throws IOException {
    destination("a").publish(index("first"));
    LayoutException.NotFound noImage =
        assertThrows(LayoutException.NotFound.class, () -> source("b").resolve());
    assertEquals("layout " + layout() + " has no image b (it has a)", noImage.getMessage());
    assertThrows(LayoutException.NotFound.class, () -> source("a").openBlob(BLOB));
  }

  @Test
  void withoutATagTheOnlyImageIsMeant() throws IOException {
    OciLayout layout = OciLayout.openOrCreate(layout());
    assertThrows(
        LayoutException.NotFound.class, () -> new LayoutImageSource(layout, null).resolve());
    ImageDocument image = index("first");
    new LayoutImageDestination(layout, null).publish(image);
    new LayoutImageDestination(layout, null).publish(image);
    assertEquals(image.digest(), new LayoutImageSource(layout, null).resolve().digest());
    destination("a").publish(index("second"));
    assertThrows(
        LayoutException.NotFound.class, () -> new LayoutImageSource(layout, null).resolve());
  }

  @Test
  void whatIsNoLayoutIsLeftAlone() throws IOException {
    Path other = Files.createDirectory(directory.resolve("other"));
    Files.writeString(other.resolve("file"), "x");
    assertThrows(LayoutException.NotALayout.class, () -> OciLayout.open(other));
    assertThrows(LayoutException.NotALayout.class, () -> OciLayout.openOrCreate(other));
    assertThrows(
        LayoutException.NotALayout.class, () -> OciLayout.open(directory.resolve("missing")));
    assertThrows(
        LayoutException.Inaccessible.class,
        () -> OciLayout.openOrCreate(other.resolve("file").resolve("below")));
    try (Stream<Path> files = Files.list(other)) {
      assertEquals(List.of(other.resolve("file")), files.toList());
    }
    Files.writeString(
        Files.createDirectory(directory.resolve("v2")).resolve("oci-layout"),
        "{\"imageLayoutVersion\":\"2.0.0\"}");
    assertThrows(LayoutException.NotALayout.class, () -> OciLayout.open(directory.resolve("v2")));
  }

  @Test
  void theFilesAreThoseOfTheSpecificationAndReadableByAll() throws IOException {
    destination("a").publish(index("first"));
    assertEquals(
        "{\"imageLayoutVersion\":\"1.0.0\"}", Files.readString(layout().resolve("oci-layout")));
    assertTrue(
        Files.readString(layout().resolve("index.json"))
            .contains("\"org.opencontainers.image.ref.name\":\"a\""));
    try (Stream<Path> files = Files.walk(layout())) {
      for (Path file : files.filter(Files::isRegularFile).toList()) {
        assertTrue(
            Files.getPosixFilePermissions(file)
                .contains(java.nio.file.attribute.PosixFilePermission.OTHERS_READ),
            file.toString());
      }
    }
  }

  @Test
  void aLayoutThatWasCreatedForNothingGoes() throws IOException {
    try (ImageDestination destination = destination("a")) {
      destination.putBlob(BLOB, BlobContent.of(BYTES));
    }
    assertFalse(Files.exists(layout()));

    Files.createDirectory(layout());
    destination("a").close();
    try (Stream<Path> files = Files.list(layout())) {
      assertEquals(List.of(), files.toList());
    }

    try (ImageDestination destination = destination("a")) {
      destination.publish(index("first"));
    }
    try (ImageDestination destination = destination("b")) {
      destination.putBlob(BLOB, BlobContent.of(BYTES));
    }
    assertEquals(index("first").digest(), source("a").resolve().digest());
    assertTrue(destination("b").hasBlob(BLOB));
  }

  @Test
  void publishingFromManyThreadsLosesNone() throws Exception {
    OciLayout layout = OciLayout.openOrCreate(layout());
    List<Thread> threads =
        Stream.iterate(0, i -> i + 1)
            .limit(8)
            .map(i ->
                Thread.ofPlatform()
                    .start(() -> {
                      try {
                        new LayoutImageDestination(layout, "t" + i).publish(index("image " + i));
                      } catch (IOException e) {
                        throw new java.io.UncheckedIOException(e);
                      }
                    }))
            .toList();
    for (Thread thread : threads) {
      thread.join();
    }
    assertEquals(8, layout.index().manifests().size());
  }

  private Path layout() {
    return directory.resolve("layout");
  }

  private ImageDestination destination(String tag) throws IOException {
    return new LayoutImageDestination(OciLayout.openOrCreate(layout()), tag);
  }

  private ImageSource source(String tag) throws IOException {
    return new LayoutImageSource(OciLayout.open(layout()), tag);
  }

  private static ImageDocument index(String content) {
    return ImageIndex.of(
            List.of(Descriptor.of("application/x", Digest.of(content.getBytes(UTF_8)), 1)))
        .toDocument();
  }
}
