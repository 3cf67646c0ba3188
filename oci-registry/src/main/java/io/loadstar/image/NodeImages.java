package io.loadstar.image;

import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import java.io.IOException;

/** The images that this node's containerd has, by their names. Thread-safe. */
public interface NodeImages {

  /**
   * An image to be read; the caller closes it.
   *
   * @throws IOException if containerd can't be asked
   */
  ImageSource source(ImageReference image) throws IOException;

  /**
   * An image to be written; the caller closes it.
   *
   * @throws IOException if containerd can't be asked
   */
  ImageDestination destination(ImageReference image) throws IOException;
}
