package io.loadstar.layout;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * An image in an archive as {@code docker save} and skopeo write it. Thread-safe; closing it closes
 * the archive.
 *
 * <p>Such an archive has no OCI manifest; one is made here, of the config and the layers as they
 * stand in it. A layer that isn't compressed is named by its DiffID, a compressed one that stands
 * under its digest by that; whoever reads them finds out whether they are what they are called.
 */
public final class DockerArchiveSource implements ImageSource {

  private final TarArchive archive;
  private final DockerArchiveList list;
  private final @Nullable ImageReference reference;
  private @Nullable DockerArchiveImage image;

  private DockerArchiveSource(
      TarArchive archive, DockerArchiveList list, @Nullable ImageReference reference) {
    this.archive = archive;
    this.list = list;
    this.reference = reference;
  }

  /**
   * Opens the archive {@code file}.
   *
   * @param reference the image's name in it, or null for the only one
   * @throws LayoutException if it is no such archive
   */
  public static DockerArchiveSource open(Path file, @Nullable ImageReference reference)
      throws IOException {
    TarArchive archive = TarArchive.open(file);
    try {
      return new DockerArchiveSource(archive, DockerArchiveList.read(archive), reference);
    } catch (IOException | RuntimeException e) {
      archive.close();
      throw e;
    }
  }

  @Override
  public ImageDocument resolve() throws IOException {
    return image().manifest();
  }

  @Override
  public ImageDocument manifest(Descriptor descriptor) throws IOException {
    ImageDocument manifest = image().manifest();
    if (!manifest.digest().equals(descriptor.digest())) {
      throw new LayoutException.NotFound(this + " has no manifest " + descriptor.digest());
    }
    return manifest;
  }

  @Override
  public byte[] smallBlob(Descriptor descriptor) throws IOException {
    if (descriptor.digest().equals(image().config().digest())) {
      return image().config().bytes();
    }
    if (descriptor.size() > MAX_SMALL_BLOB_BYTES) {
      throw new LayoutException.MalformedArchive(
          archive.file(), descriptor.digest() + " has " + descriptor.size() + " bytes", null);
    }
    byte[] bytes = new byte[(int) descriptor.size()];
    try (BlobSource blob = openBlob(descriptor)) {
      blob.readFully(0, ByteBuffer.wrap(bytes));
    }
    if (!Digest.of(bytes).equals(descriptor.digest())) {
      throw new LayoutException.MalformedArchive(
          archive.file(), "its " + descriptor.digest() + " has another digest", null);
    }
    return bytes;
  }

  @Override
  public BlobSource openBlob(Descriptor descriptor) throws IOException {
    String name = image().entries().get(descriptor.digest());
    if (name == null) {
      throw new LayoutException.NotFound(this + " has no blob " + descriptor.digest());
    }
    return archive.blob(name, descriptor.digest());
  }

  private synchronized DockerArchiveImage image() throws IOException {
    DockerArchiveImage known = image;
    if (known == null) {
      known = DockerArchiveImage.read(archive, chosen());
      image = known;
    }
    return known;
  }

  private DockerArchiveList.Item chosen() throws LayoutException {
    List<DockerArchiveList.Item> found = new ArrayList<>();
    for (DockerArchiveList.Item item : list.items()) {
      if (reference == null || item.names().contains(reference.toString())) {
        found.add(item);
      }
    }
    if (found.size() == 1 || (found.size() > 1 && reference != null)) {
      return found.getLast();
    }
    String problem =
        list.items().isEmpty()
            ? " has no image in it"
            : found.isEmpty()
                ? " has no image " + Objects.toString(reference)
                : " has several images – name one";
    throw new LayoutException.NotFound("archive " + archive.file() + problem + list.known());
  }

  @Override
  public void close() throws IOException {
    archive.close();
  }

  @Override
  public String toString() {
    return "docker-archive:" + archive.file() + (reference == null ? "" : ":" + reference);
  }
}
