package io.loadstar.containerd;

import java.util.Map;

/**
 * What containerd knows of some content that it has. Immutable.
 *
 * @param digest its name
 * @param size in bytes
 * @param labels its labels in the namespace that was asked
 */
public record ContentInfo(String digest, long size, Map<String, String> labels) {

  public ContentInfo {
    labels = Map.copyOf(labels);
  }
}
