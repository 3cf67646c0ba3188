package io.loadstar.optimize;

import io.loadstar.blob.Digest;
import io.loadstar.build.PrioritizedFiles;
import io.loadstar.convert.LayerPriorities;
import io.loadstar.oci.Descriptor;
import java.util.ArrayList;
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
    Map<Digest, Set<String>> paths = new LinkedHashMap<>();
    layers.forEach(layer -> paths.put(layer.digest(), new LinkedHashSet<>()));
    for (RecordedFile file : files) {
      if (manifest.equals(file.manifest()) && file.layer() >= 0 && file.layer() < layers.size()) {
        paths
            .getOrDefault(layers.get(file.layer()).digest(), new LinkedHashSet<>())
            .add(file.path());
      } else {
        paths.values().forEach(each -> each.add(file.path()));
      }
    }
    Map<Digest, PrioritizedFiles> priorities = new LinkedHashMap<>();
    paths.forEach((layer, first) ->
        priorities.put(
            layer, new PrioritizedFiles(new ArrayList<>(first), PrioritizedFiles.Absent.SKIP)));
    return new LayerPriorities(priorities);
  }
}
