package io.loadstar.oci;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Bytes to be stored. They can be written any number of times, since an upload may start over. */
@FunctionalInterface
public interface BlobContent {

  /**
   * Writes all of the bytes to {@code out}, which stays open.
   *
   * @throws IOException if they can't be read, or as {@code out} throws
   */
  void writeTo(OutputStream out) throws IOException;

  /** The bytes of a file. */
  static BlobContent of(Path file) {
    return out -> Files.copy(file, out);
  }

  /** Bytes in memory. */
  static BlobContent of(byte[] bytes) {
    return out -> out.write(bytes);
  }

  /** The whole of a blob that is somewhere else; {@code source} stays open. */
  static BlobContent of(BlobSource source) {
    return out ->
        source.readRanges(
            List.of(new ByteRange(0, source.size())), (range, bytes) -> bytes.transferTo(out));
  }
}
