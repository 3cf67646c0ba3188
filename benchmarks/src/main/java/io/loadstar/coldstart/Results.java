package io.loadstar.coldstart;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.Function;

/**
 * All samples of a run of bin/bench, and what the same starts take with everything on disk. Not
 * thread-safe.
 */
final class Results {

  private final List<Sample> samples = new ArrayList<>();
  private final Map<String, List<Sample>> onDisk = new TreeMap<>();

  void add(Sample sample) {
    samples.add(sample);
  }

  /** A start of a prioritized image of which everything that it needs is on disk. */
  void addOnDisk(Sample sample) {
    onDisk.computeIfAbsent(sample.image(), _ -> new ArrayList<>()).add(sample);
  }

  List<Sample> samples() {
    return List.copyOf(samples);
  }

  Map<String, List<Sample>> onDisk() {
    return Map.copyOf(onDisk);
  }

  /** All different values that samples have, in the order in which they came. */
  Set<String> all(Function<Sample, String> value) {
    Set<String> found = new LinkedHashSet<>();
    samples.forEach(each -> found.add(value.apply(each)));
    return found;
  }

  /** The samples of one thing, one for each round; empty if it wasn't tried. */
  List<Sample> of(String workload, String image, String line, String contender) {
    return samples.stream()
        .filter(each -> each.workload().equals(workload))
        .filter(each -> each.image().equals(image))
        .filter(each -> each.line().equals(line))
        .filter(each -> each.contender().equals(contender))
        .toList();
  }

  /** The median of pull and run in milliseconds. */
  Optional<Median> total(String workload, String image, String line, String contender) {
    List<Sample> some = of(workload, image, line, contender);
    return some.isEmpty() ? Optional.empty() : Optional.of(Median.of(some, Sample::totalMillis));
  }

  /** The median of pull and run with everything on disk, in milliseconds. */
  Optional<Median> totalOnDisk(String image) {
    List<Sample> some = onDisk.getOrDefault(image, List.of());
    return some.isEmpty() ? Optional.empty() : Optional.of(Median.of(some, Sample::totalMillis));
  }
}
