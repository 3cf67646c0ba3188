package io.loadstar.snapshot;

import java.util.HashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A snapshot's key as containerd's metadata store makes it of a client's: {@code
 * <namespace>/<number>/<key>} (containerd, core/metadata/snapshot.go, createKey). So a snapshotter
 * behind it knows whose request it is.
 */
final class NamespacedKey {

  /** A namespace is an identifier (containerd, pkg/identifiers): at most 76 of these. */
  private static final Pattern KEY = Pattern.compile("([A-Za-z0-9][A-Za-z0-9._-]{0,75})/\\d+/.*");

  private NamespacedKey() {}

  /**
   * The labels of a Prepare with {@link SnapshotLabel#NAMESPACE} as its key says, whatever the
   * client wrote there.
   */
  static Map<String, String> labelled(String key, Map<String, String> labels) {
    Map<String, String> all = new HashMap<>(labels);
    Matcher matcher = KEY.matcher(key);
    if (matcher.matches()) {
      all.put(SnapshotLabel.NAMESPACE, matcher.group(1));
    } else {
      all.remove(SnapshotLabel.NAMESPACE);
    }
    return all;
  }
}
