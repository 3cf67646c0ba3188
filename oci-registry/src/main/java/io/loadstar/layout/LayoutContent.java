package io.loadstar.layout;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageIndex;
import java.io.Closeable;
import java.io.IOException;

/** What an OCI layout holds, in a directory or in a tar. Thread-safe. */
sealed interface LayoutContent extends Closeable permits OciLayout, OciArchive {

  /**
   * The images.
   *
   * @throws IOException if they can't be read
   */
  ImageIndex index() throws IOException;

  /**
   * A blob, which isn't verified; the caller closes it.
   *
   * @throws LayoutException.NotFound if it isn't there
   */
  BlobSource openBlob(Digest digest) throws IOException;

  /** The layout for messages: "layout DIR", "archive FILE". */
  String description();

  /** The location of the image {@code tag} of it, as a person types it. */
  String location(String tag);
}
