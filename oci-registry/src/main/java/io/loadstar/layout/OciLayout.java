package io.loadstar.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.VerifyingOutput;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.NotDirectoryException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A directory of images. Thread-safe; other processes may write to it at the same time. Source: OCI
 * image-spec, image-layout.md.
 *
 * <pre>
 *   DIR/oci-layout             {"imageLayoutVersion":"1.0.0"}; locked while index.json is rewritten
 *   DIR/index.json             the images, each with the annotation org.opencontainers.image.ref.name
 *   DIR/blobs/sha256/HEX       layers, configs, manifests
 *   DIR/blobs/sha256/.new-*    a blob that is being written
 *   DIR/.index-*               an index.json that is being written
 * </pre>
 *
 * <p>Every file is written under another name, forced to disk and moved into place; index.json
 * comes last. Whatever is interrupted, the images that are named are whole.
 */
public final class OciLayout implements LayoutContent {

  /** The annotation that holds an image's tag. */
  static final String REF_NAME = "org.opencontainers.image.ref.name";

  private static final String VERSION = "1.0.0";
  private static final int MAX_INDEX_BYTES = 64 << 20;
  private static final int COPY_BYTES = 1 << 16;

  /** A file lock keeps other processes out, this one other threads. */
  private static final ReentrantLock PUBLISHING = new ReentrantLock();

  private final Path directory;
  private final Origin origin;

  private OciLayout(Path directory, Origin origin) {
    this.directory = directory;
    this.origin = origin;
  }

  /** How this layout came about. */
  private enum Origin {
    /** It was there. */
    FOUND,
    /** An empty directory was made one. */
    FILLED,
    /** The directory was made for it. */
    MADE
  }

  /**
   * An existing layout.
   *
   * @throws LayoutException if it isn't one
   */
  public static OciLayout open(Path directory) throws LayoutException {
    OciLayout layout = new OciLayout(directory, Origin.FOUND);
    layout.checkVersion();
    return layout;
  }

  /**
   * A layout to write to: a new one where the directory is empty or missing.
   *
   * @throws LayoutException if the directory has something else in it, or can't be written to
   */
  public static OciLayout openOrCreate(Path directory) throws IOException {
    if (Files.exists(directory.resolve("oci-layout"))) {
      OciLayout layout = open(directory);
      layout.checkWritable();
      return layout;
    }
    Origin origin = Files.exists(directory) ? Origin.FILLED : Origin.MADE;
    OciLayout layout = new OciLayout(directory, origin);
    layout.create();
    return layout;
  }

  public Path directory() {
    return directory;
  }

  /** The file of a blob, which need not be there. */
  Path blob(Digest digest) {
    return directory.resolve("blobs").resolve("sha256").resolve(digest.hex());
  }

  @Override
  public BlobSource openBlob(Digest digest) throws IOException {
    try {
      return FileBlobSource.open(blob(digest), digest);
    } catch (NoSuchFileException e) {
      throw new LayoutException.NotFound(description() + " lacks the blob " + digest);
    }
  }

  @Override
  public String description() {
    return "layout " + directory;
  }

  @Override
  public String location(String tag) {
    return "oci:" + directory + (tag.isEmpty() ? "" : ":" + tag);
  }

  /** Closes nothing. */
  @Override
  public void close() {}

  @Override
  public ImageIndex index() throws IOException {
    Path file = directory.resolve("index.json");
    ObjectNode json = JsonDocument.parse(readCapped(file, MAX_INDEX_BYTES), file.toString());
    return ImageIndex.parse(json, MediaTypes.OCI_INDEX, file.toString());
  }

  /** Stores a blob, unless its bytes aren't the blob's. */
  void put(Descriptor blob, BlobContent content) throws IOException {
    Path target = blob(blob.digest());
    replace(
        target,
        ".new-",
        out -> {
          VerifyingOutput verifying = new VerifyingOutput(blob, out);
          content.writeTo(verifying);
          verifying.finish();
        });
  }

  /** Has the index name {@code image}, in the place of the one that had its tag. */
  void publish(Descriptor image, @Nullable String tag) throws IOException {
    PUBLISHING.lock();
    try (FileChannel marker =
            FileChannel.open(directory.resolve("oci-layout"), StandardOpenOption.WRITE);
        var _ = marker.lock()) {
      ImageIndex index = index();
      List<Descriptor> images = new ArrayList<>();
      for (Descriptor present : index.manifests()) {
        String name = present.annotations().get(REF_NAME);
        boolean replaced =
            tag == null
                ? name == null && present.digest().equals(image.digest())
                : tag.equals(name);
        if (!replaced) {
          images.add(present);
        }
      }
      images.add(
          tag == null ? image.withoutAnnotation(REF_NAME) : image.withAnnotation(REF_NAME, tag));
      byte[] bytes = index.withManifests(images).toDocument().bytes();
      replace(directory.resolve("index.json"), ".index-", out -> out.write(bytes));
    } catch (AccessDeniedException e) {
      throw inaccessible("written to", e);
    } finally {
      PUBLISHING.unlock();
    }
  }

  /** Takes away a layout that was created here, if no image has come into it. */
  void removeIfUnused() throws IOException {
    if (origin == Origin.FOUND || !index().manifests().isEmpty()) {
      return;
    }
    List<Path> inside;
    try (var files = Files.walk(directory)) {
      inside = new ArrayList<>(files.toList());
    }
    for (Path path : inside.reversed()) {
      if (origin == Origin.MADE || !path.equals(directory)) {
        Files.deleteIfExists(path);
      }
    }
  }

  private void create() throws IOException {
    try {
      Files.createDirectories(directory);
      try (var entries = Files.list(directory)) {
        // What an interrupted creation left is no obstacle.
        boolean foreign =
            entries
                .map(entry -> entry.getFileName().toString())
                .anyMatch(name ->
                    !name.equals("blobs")
                        && !name.equals("index.json")
                        && !name.startsWith(".index-"));
        if (foreign) {
          throw new LayoutException.NotALayout(
              directory + " isn't empty and isn't an OCI layout – name another directory", null);
        }
      }
      Files.createDirectories(directory.resolve("blobs").resolve("sha256"));
      byte[] index = ImageIndex.of(List.of()).toDocument().bytes();
      replace(directory.resolve("index.json"), ".index-", out -> out.write(index));
      byte[] marker = JsonDocument.write(JsonDocument.empty().put("imageLayoutVersion", VERSION));
      replace(directory.resolve("oci-layout"), ".index-", out -> out.write(marker));
    } catch (FileSystemException e) {
      throw inaccessible("created", e);
    }
  }

  private void checkVersion() throws LayoutException {
    Path marker = directory.resolve("oci-layout");
    try {
      byte[] bytes = readCapped(marker, COPY_BYTES);
      String version =
          JsonDocument.parse(bytes, marker.toString()).path("imageLayoutVersion").asText("");
      if (!version.equals(VERSION)) {
        throw new LayoutException.NotALayout(
            marker + " speaks of layout version \"" + version + "\", not " + VERSION, null);
      }
    } catch (NoSuchFileException | NotDirectoryException e) {
      throw new LayoutException.NotALayout(
          directory
              + (Files.isDirectory(directory)
                  ? " isn't an OCI layout (no oci-layout in it) – check the path"
                  : " isn't there, or isn't a directory – check the path"),
          e);
    } catch (LayoutException e) {
      throw e;
    } catch (FileSystemException e) {
      throw inaccessible("read", e);
    } catch (IOException e) {
      throw new LayoutException.NotALayout(
          directory + " isn't an OCI layout: " + e.getMessage(), e);
    }
  }

  private void checkWritable() throws IOException {
    try {
      Files.createDirectories(directory.resolve("blobs").resolve("sha256"));
      Files.delete(Files.createTempFile(directory, ".index-", ""));
    } catch (FileSystemException e) {
      throw inaccessible("written to", e);
    }
  }

  /** Writes a file so that it is there whole or not at all, now and after a crash. */
  private void replace(Path target, String prefix, BlobContent content) throws IOException {
    Path folder = target.getParent();
    Path fresh = Files.createTempFile(folder, prefix, "");
    try {
      try (FileChannel channel = FileChannel.open(fresh, StandardOpenOption.WRITE)) {
        OutputStream out = new BufferedOutputStream(Channels.newOutputStream(channel), COPY_BYTES);
        content.writeTo(out);
        out.flush();
        channel.force(true);
      }
      Files.setPosixFilePermissions(fresh, PosixFilePermissions.fromString("rw-r--r--"));
      Files.move(
          fresh, target, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      try (FileChannel entries = FileChannel.open(folder, StandardOpenOption.READ)) {
        entries.force(true);
      }
    } finally {
      Files.deleteIfExists(fresh);
    }
  }

  private static byte[] readCapped(Path file, int limit) throws IOException {
    try (InputStream in = Files.newInputStream(file)) {
      byte[] bytes = in.readNBytes(limit + 1);
      if (bytes.length > limit) {
        throw new IOException(file + " is larger than " + limit + " bytes");
      }
      return bytes;
    }
  }

  private LayoutException inaccessible(String verb, FileSystemException cause) {
    String reason =
        switch (cause) {
          case AccessDeniedException _ -> "permission denied";
          case NoSuchFileException _ -> cause.getFile() + " is missing";
          default -> cause.getReason() == null ? "not a usable directory" : cause.getReason();
        };
    return new LayoutException.Inaccessible(
        "layout "
            + directory
            + " can't be "
            + verb
            + ": "
            + reason.toLowerCase(Locale.ROOT)
            + " – check the path and its permissions",
        cause);
  }

  @Override
  public String toString() {
    return directory.toString();
  }
}
