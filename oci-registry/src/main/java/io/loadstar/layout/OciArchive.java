package io.loadstar.layout;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageIndex;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.MediaTypes;
import java.io.IOException;
import java.nio.file.Path;

/**
 * An OCI layout in a tar: what {@code skopeo copy … oci-archive:}, {@code ctr images export} and
 * docker save from version 25 on write. Thread-safe; closed by whoever opened it.
 */
final class OciArchive implements LayoutContent {

  private static final int MAX_INDEX_BYTES = 64 << 20;
  private static final String INDEX = "index.json";

  private final TarArchive archive;

  private OciArchive(TarArchive archive) {
    this.archive = archive;
  }

  static OciArchive open(Path file) throws IOException {
    TarArchive archive = TarArchive.open(file);
    try {
      if (!archive.has(INDEX)) {
        throw new LayoutException.NotALayout(
            "archive "
                + file
                + " has no "
                + INDEX
                + (archive.has("manifest.json")
                    ? " – it is docker save's form: say docker-archive:" + file
                    : " – it isn't an OCI archive"),
            null);
      }
      return new OciArchive(archive);
    } catch (IOException | RuntimeException e) {
      archive.close();
      throw e;
    }
  }

  @Override
  public ImageIndex index() throws IOException {
    String what = archive.file() + ", " + INDEX;
    ObjectNode json = JsonDocument.parse(archive.read(INDEX, MAX_INDEX_BYTES), what);
    return ImageIndex.parse(json, MediaTypes.OCI_INDEX, what);
  }

  @Override
  public BlobSource openBlob(Digest digest) throws IOException {
    return archive.blob("blobs/sha256/" + digest.hex(), digest);
  }

  @Override
  public String description() {
    return "archive " + archive.file();
  }

  @Override
  public String location(String tag) {
    return "oci-archive:" + archive.file() + (tag.isEmpty() ? "" : ":" + tag);
  }

  @Override
  public void close() throws IOException {
    archive.close();
  }
}
