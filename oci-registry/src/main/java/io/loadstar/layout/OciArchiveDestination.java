package io.loadstar.layout;

import io.loadstar.blob.BlobSource;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * An image to be written to a tar, as an OCI layout. Thread-safe. A file that is there is replaced
 * as a whole, when the image is complete and not before.
 *
 * <p>The layout is put together in a directory beside the file, which closing takes away. The tar
 * depends on the image alone: names in order, no times, no owners.
 */
public final class OciArchiveDestination implements ImageDestination {

  private static final int BUFFER = 1 << 16;

  private final Path file;
  private final @Nullable String tag;
  private final Path staging;
  private final LayoutImageDestination layout;

  private OciArchiveDestination(
      Path file, @Nullable String tag, Path staging, LayoutImageDestination layout) {
    this.file = file;
    this.tag = tag;
    this.staging = staging;
    this.layout = layout;
  }

  /**
   * Prepares to write {@code file}.
   *
   * @param tag the tag that the image gets, or null for none
   * @throws LayoutException if there can be no such file
   */
  public static OciArchiveDestination open(Path file, @Nullable String tag) throws IOException {
    Path absolute = file.toAbsolutePath();
    Path folder = absolute.getParent();
    if (folder == null || !Files.isDirectory(folder) || Files.isDirectory(absolute)) {
      throw new LayoutException.NotALayout(
          "archive " + file + " can't be written: its directory isn't there – check the path",
          null);
    }
    try {
      Path staging = Files.createTempDirectory(folder, "." + absolute.getFileName() + "-loadstar-");
      OciLayout layout = OciLayout.openOrCreate(staging);
      return new OciArchiveDestination(
          absolute, tag, staging, new LayoutImageDestination(layout, tag));
    } catch (FileSystemException e) {
      throw new LayoutException.Inaccessible(
          "archive " + file + " can't be written – check the directory and its permissions", e);
    }
  }

  @Override
  public boolean hasBlob(Descriptor blob) throws IOException {
    return layout.hasBlob(blob);
  }

  @Override
  public BlobSource openBlob(Descriptor blob) throws IOException {
    return layout.openBlob(blob);
  }

  @Override
  public void putBlob(Descriptor blob, BlobContent content) throws IOException {
    layout.putBlob(blob, content);
  }

  @Override
  public void putManifest(ImageDocument manifest) throws IOException {
    layout.putManifest(manifest);
  }

  @Override
  public void publish(ImageDocument image) throws IOException {
    layout.publish(image);
    Path fresh = staging.resolve(".tar");
    try (FileChannel channel =
        FileChannel.open(fresh, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER);
      write(new PlainTar(out));
      out.flush();
      channel.force(true);
    }
    Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
    Files.move(fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
  }

  private void write(PlainTar tar) throws IOException {
    tar.file("oci-layout", staging.resolve("oci-layout"));
    tar.file("index.json", staging.resolve("index.json"));
    Path blobs = staging.resolve("blobs").resolve("sha256");
    List<Path> sorted;
    try (Stream<Path> files = Files.list(blobs)) {
      sorted = files.sorted().toList();
    }
    for (Path blob : sorted) {
      tar.file("blobs/sha256/" + blob.getFileName(), blob);
    }
    tar.end();
  }

  @Override
  public void close() throws IOException {
    List<Path> inside;
    try (Stream<Path> files = Files.walk(staging)) {
      inside = files.toList();
    }
    for (Path path : inside.reversed()) {
      Files.deleteIfExists(path);
    }
  }

  @Override
  public String toString() {
    return "oci-archive:" + file + (tag == null ? "" : ":" + tag);
  }
}
