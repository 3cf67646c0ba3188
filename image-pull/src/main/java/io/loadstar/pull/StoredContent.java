package io.loadstar.pull;

import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Content;
import io.loadstar.containerd.ContentBody;
import io.loadstar.containerd.ContentDescriptor;
import io.loadstar.containerd.ContentInfo;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Objects;

/**
 * Puts an image's content into containerd's store, with its labels. What is there already gets the
 * labels that it lacks: another client's pull, or one for another snapshotter, left only its own.
 * Thread-safe.
 */
final class StoredContent {

  private final Content content;
  private final ImageReference image;

  StoredContent(Content content, ImageReference image) {
    this.content = content;
    this.image = image;
  }

  /**
   * Stores a document.
   *
   * @param kind what containerd's clients call such a thing: index, manifest, config
   */
  void put(String kind, ImageDocument document, Map<String, String> labels)
      throws ContainerdException, IOException, InterruptedException {
    put(kind, document.descriptor(), labels, ContentBody.of(document.bytes()));
  }

  /** Stores any content. */
  Content.Written put(
      String kind, Descriptor descriptor, Map<String, String> labels, ContentBody body)
      throws ContainerdException, IOException, InterruptedException {
    Map<String, String> first = new HashMap<>(labels);
    first.putAll(ContentLabels.source(image, Map.of()));
    String digest = descriptor.digest().toString();
    Content.Written written =
        content.write(kind + "-" + digest, described(descriptor), first, body);
    if (written == Content.Written.PRESENT) {
      label(digest, labels);
    }
    return written;
  }

  /** Adds to what is stored the labels that it lacks. */
  void label(String digest, Map<String, String> labels) throws ContainerdException {
    Map<String, String> present = content.info(digest).map(ContentInfo::labels).orElse(Map.of());
    Map<String, String> missing = new HashMap<>(labels);
    missing.putAll(ContentLabels.source(image, present));
    missing
        .entrySet()
        .removeIf(label -> Objects.equals(present.get(label.getKey()), label.getValue()));
    if (!missing.isEmpty()) {
      content.label(digest, missing);
    }
  }

  static ContentDescriptor described(Descriptor descriptor) {
    return new ContentDescriptor(
        descriptor.mediaType(), descriptor.digest().toString(), descriptor.size());
  }
}
