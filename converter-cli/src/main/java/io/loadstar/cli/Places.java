package io.loadstar.cli;

import io.loadstar.oci.ImageLocation;
import io.loadstar.oci.MalformedReferenceException;
import java.util.HashSet;
import java.util.Set;

/** What the places that a command names have in common. Stateless. */
final class Places {

  private Places() {}

  /**
   * The place that an image goes to.
   *
   * @throws io.loadstar.oci.MalformedReferenceException if it is no place, or one that only a
   *     digest names, or one that is only read
   */
  static ImageLocation destination(String text) {
    ImageLocation location = ImageLocation.parse(text);
    if (location instanceof ImageLocation.InRegistry in && in.reference().pinned().isPresent()) {
      throw new MalformedReferenceException(
          "image " + text + ": a digest is computed, not chosen; give a tag");
    }
    if (location instanceof ImageLocation.InDockerArchive in) {
      throw new MalformedReferenceException(
          text
              + ": docker save's form keeps layers uncompressed and can't be written; write oci-archive:"
              + in.file()
              + ", which docker load reads too");
    }
    if (location instanceof ImageLocation.InContainerd in && in.reference().digest() != null) {
      throw new MalformedReferenceException(
          "image " + text + ": a digest is computed, not chosen; give a tag");
    }
    return location;
  }

  /** The registries among them, as references name them. */
  static Set<String> hosts(ImageLocation... locations) {
    Set<String> hosts = new HashSet<>();
    for (ImageLocation location : locations) {
      if (location instanceof ImageLocation.InRegistry in) {
        hosts.add(in.reference().host());
      }
    }
    return hosts;
  }
}
