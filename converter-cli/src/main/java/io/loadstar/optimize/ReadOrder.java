package io.loadstar.optimize;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.build.PrioritizedFiles;
import io.loadstar.convert.LayerPriorities;
import io.loadstar.oci.Descriptor;
import io.loadstar.tar.EntryName;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Which files a workload reads, in the order of their first reads. Immutable.
 *
 * @param files the first one first
 */
public record ReadOrder(List<RecordedFile> files) {

  public ReadOrder {
    files = List.copyOf(files);
  }

  /**
   * What is placed first in which layer of an image. A file that was recorded in a layer of this
   * very image belongs to that; any other to each layer that has it.
   *
   * @param manifest the image's, in the source
   * @param layers of that manifest
   */
  public LayerPriorities priorities(Digest manifest, List<Descriptor> layers) {
    Map<Digest, Wanted> wanted = new LinkedHashMap<>();
    layers.forEach(layer -> wanted.put(layer.digest(), new Wanted()));
    for (RecordedFile file : files) {
      if (manifest.equals(file.manifest()) && file.layer() >= 0 && file.layer() < layers.size()) {
        wanted.computeIfAbsent(layers.get(file.layer()).digest(), _ -> new Wanted()).add(file);
      } else {
        wanted.values().forEach(each -> each.add(file));
      }
    }
    Map<Digest, PrioritizedFiles> priorities = new LinkedHashMap<>();
    wanted.forEach((layer, some) -> priorities.put(layer, some.prioritized()));
    return new LayerPriorities(priorities);
  }

  /** What is wanted of one layer. */
  private static final class Wanted {

    private final Set<String> paths = new LinkedHashSet<>();

    /** By cleaned paths; none for all of a file. */
    private final Map<String, List<ByteRange>> parts = new HashMap<>();

    void add(RecordedFile file) {
      paths.add(file.path());
      // What was recorded twice, in different ways, is wanted whole.
      parts.merge(
          EntryName.clean(file.path()),
          file.parts(),
          (one, other) -> one.equals(other) ? one : List.of());
    }

    PrioritizedFiles prioritized() {
      parts.values().removeIf(List::isEmpty);
      return new PrioritizedFiles(List.copyOf(paths), PrioritizedFiles.Absent.SKIP)
          .withParts(parts);
    }
  }
}
