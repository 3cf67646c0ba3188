package io.loadstar.build;

import io.loadstar.layer.Landmark;
import io.loadstar.tar.EntryName;
import io.loadstar.tar.UnsupportedTarException;
import io.loadstar.toc.EntryType;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * In which order entries go into the layer: prioritized files, each behind the directories that it
 * is in and, if it is a hardlink, what it leads to; the landmark; all others as they came. Of
 * entries with the same name the last stays, in its place. Not thread-safe, used once.
 */
final class EntryOrder {

  private static final byte[] LANDMARK_CONTENT = {Landmark.CONTENT};

  private final TarSpool spool;
  private final Map<String, Integer> byName = new HashMap<>();
  private final Set<String> replaced = new HashSet<>();
  private final boolean[] placed;
  private final List<SpooledEntry> ordered = new ArrayList<>();
  private final List<String> missed = new ArrayList<>();

  private EntryOrder(TarSpool spool) {
    this.spool = spool;
    this.placed = new boolean[spool.entries().size()];
    for (int i = 0; i < placed.length; i++) {
      SpooledEntry entry = spool.entries().get(i);
      Integer earlier = byName.put(entry.cleanName(), i);
      if (earlier != null) {
        placed[earlier] = true; // it has no place any more
        replaced.add(entry.cleanName());
      }
    }
  }

  /**
   * Orders what is in {@code spool}, adding the landmark to it.
   *
   * @throws UnsupportedTarException if a hardlink leads nowhere, or a prioritized path is absent
   *     that must not be
   * @throws IOException if the landmark can't be written
   */
  static EntryOrder of(TarSpool spool, PrioritizedFiles prioritized) throws IOException {
    EntryOrder order = new EntryOrder(spool);
    for (String path : prioritized.paths()) {
      order.prioritize(path, prioritized.absent());
    }
    String landmark = order.ordered.isEmpty() ? Landmark.NO_PREFETCH : Landmark.PREFETCH;
    order.ordered.add(spool.append(landmark, LANDMARK_CONTENT));
    for (int i = 0; i < order.placed.length; i++) {
      order.place(i);
    }
    return order;
  }

  /** All entries of the layer but the TOC. */
  List<SpooledEntry> entries() {
    return ordered;
  }

  /** The prioritized paths that aren't there. */
  List<String> missed() {
    return missed;
  }

  private void prioritize(String path, PrioritizedFiles.Absent absent)
      throws UnsupportedTarException {
    Integer index = byName.get(EntryName.clean(path));
    if (index != null) {
      for (int each : chain(index)) {
        placeParents(spool.entries().get(each).cleanName());
        add(each);
      }
      return;
    }
    switch (absent) {
      case REFUSE ->
          throw new UnsupportedTarException("prioritized file " + path + " isn't in the layer");
      case SKIP -> missed.add(path);
    }
  }

  private void place(int index) throws UnsupportedTarException {
    if (placed[index]) {
      return;
    }
    if (spool.entries().get(index).row().type() == EntryType.HARDLINK) {
      chain(index).forEach(this::add);
    } else {
      add(index);
    }
  }

  private void placeParents(String cleanName) {
    addIfThere("");
    for (int slash = cleanName.indexOf('/');
        slash >= 0;
        slash = cleanName.indexOf('/', slash + 1)) {
      addIfThere(cleanName.substring(0, slash));
    }
  }

  private void addIfThere(String cleanName) {
    Integer index = byName.get(cleanName);
    if (index != null) {
      add(index);
    }
  }

  private void add(int index) {
    if (!placed[index]) {
      placed[index] = true;
      ordered.add(spool.entries().get(index));
    }
  }

  /** The entry, behind what it leads to if it is a hardlink. Reads no further than is unplaced. */
  private List<Integer> chain(int index) throws UnsupportedTarException {
    List<Integer> chain = new ArrayList<>();
    Set<Integer> seen = new HashSet<>();
    for (Integer each = index; each != null; each = target(each)) {
      if (!seen.add(each)) {
        throw new UnsupportedTarException(
            "tar entry " + spool.entries().get(index).row().name() + ": a hardlink to itself");
      }
      chain.addFirst(each);
      if (placed[each]) {
        break;
      }
    }
    return chain;
  }

  private @Nullable Integer target(int index) throws UnsupportedTarException {
    SpooledEntry entry = spool.entries().get(index);
    if (entry.row().type() != EntryType.HARDLINK) {
      return null;
    }
    String name = EntryName.clean(entry.row().linkName());
    Integer target = byName.get(name);
    if (target == null) {
      throw new UnsupportedTarException(
          "tar entry " + entry.row().name() + ": a hardlink to " + name + ", which isn't there");
    }
    if (target > index && replaced.contains(name)) {
      throw new UnsupportedTarException(
          "tar entry "
              + entry.row().name()
              + ": a hardlink to "
              + name
              + ", which a later entry of that name replaces");
    }
    return target;
  }
}
