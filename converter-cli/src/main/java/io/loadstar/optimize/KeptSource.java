package io.loadstar.optimize;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.FileBlobSource;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Referrer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A source whose layers are fetched once: what is read of them is kept in a directory as it comes,
 * and read there the next time. Thread-safe; closing it doesn't close the source behind it.
 *
 * <p>Nothing is verified here: whoever reads a layer verifies it, from the registry or from here.
 *
 * <pre>
 *   DIRECTORY/HEX         a layer's blob, whole
 *   DIRECTORY/*.part      one that is being fetched
 * </pre>
 */
final class KeptSource implements ImageSource {

  private final ImageSource source;
  private final Path directory;
  private volatile @Nullable ImageDocument named;

  /**
   * @param directory an existing one, for whole layers
   */
  KeptSource(ImageSource source, Path directory) {
    this.source = source;
    this.directory = directory;
  }

  /** What the location named when it was asked first: a tag may move meanwhile. */
  @Override
  public ImageDocument resolve() throws IOException {
    ImageDocument image = named;
    if (image == null) {
      image = source.resolve();
      named = image;
    }
    return image;
  }

  @Override
  public ImageDocument manifest(Descriptor descriptor) throws IOException {
    return source.manifest(descriptor);
  }

  @Override
  public boolean hasManifest(Descriptor descriptor) throws IOException {
    return source.hasManifest(descriptor);
  }

  @Override
  public List<Referrer> referrers(Digest subject) throws IOException {
    return source.referrers(subject);
  }

  /** As it is: a TOC is small, and read once. */
  @Override
  public Optional<ImageSource> tocImage() {
    return source.tocImage();
  }

  @Override
  public byte[] smallBlob(Descriptor descriptor) throws IOException {
    return source.smallBlob(descriptor);
  }

  @Override
  public BlobSource openBlob(Descriptor blob) throws IOException {
    Path file = directory.resolve(blob.digest().hex());
    if (Files.exists(file)) {
      return FileBlobSource.open(file, blob.digest());
    }
    return new KeepingBlob(source.openBlob(blob), file);
  }

  @Override
  public void close() {}

  @Override
  public String toString() {
    return source.toString();
  }
}
