package io.loadstar.build;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.Whiteout;
import io.loadstar.tar.EntryName;
import io.loadstar.tar.UnsupportedTarException;
import io.loadstar.toc.EntryType;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * What is left when a tar's entries are extracted one after the other: which entry each name ends
 * up with, where each hardlink's file comes from, and which entry took which one's name. Entries
 * are meant by their index. Immutable once made.
 *
 * <p>It is what containerd does with a layer (its package {@code archive}): an entry that isn't a
 * directory takes away what has its name, a directory with all that is in it; a directory keeps
 * what is in the one before; a hardlink is another name for the file that its target names at that
 * moment. One thing more is taken: a hardlink to a name that only comes later, which some writers
 * make and which no extraction in order could.
 */
final class Extraction {

  private static final int NONE = -1;

  private final List<SpooledEntry> entries;
  private final TreeMap<String, Integer> live = new TreeMap<>();
  private final Map<String, Integer> whiteouts = new HashMap<>();
  private final Map<String, List<Integer>> history = new HashMap<>();
  private final int[] target;
  private final int[] killer;
  private final boolean[] kept;
  private final List<@Nullable List<Integer>> killed;

  private Extraction(List<SpooledEntry> entries) {
    this.entries = entries;
    this.target = new int[entries.size()];
    this.killer = new int[entries.size()];
    this.kept = new boolean[entries.size()];
    this.killed = new ArrayList<>(java.util.Collections.nCopies(entries.size(), null));
    Arrays.fill(target, NONE);
    Arrays.fill(killer, NONE);
  }

  /**
   * Goes through {@code entries}.
   *
   * @throws UnsupportedTarException if a hardlink leads nowhere or to itself, or an entry lies
   *     below a symbolic link
   * @throws MalformedBlobException if an entry lies below something else that isn't a directory
   */
  static Extraction of(List<SpooledEntry> entries)
      throws UnsupportedTarException, MalformedBlobException {
    Extraction extraction = new Extraction(entries);
    for (int i = 0; i < entries.size(); i++) {
      extraction.extract(i);
    }
    extraction.resolveForwardLinks();
    extraction.live.values().forEach(extraction::keep);
    extraction.gatherKilled();
    return extraction;
  }

  private void extract(int index) throws UnsupportedTarException, MalformedBlobException {
    SpooledEntry entry = entries.get(index);
    String name = entry.cleanName();
    requireDirectories(entry);
    if (entry.row().type() != EntryType.DIRECTORY) {
      killBelow(name, index);
    }
    Integer earlier = live.put(name, index);
    if (earlier != null) {
      killer[earlier] = index;
    }
    if (entry.row().type() == EntryType.HARDLINK) {
      Integer leadsTo = live.get(targetName(index));
      target[index] = leadsTo == null || leadsTo == index ? NONE : leadsTo;
    }
    String hidden = Whiteout.hiddenPath(name);
    if (hidden != null) {
      whiteouts.putIfAbsent(hidden, index);
    }
  }

  private void requireDirectories(SpooledEntry entry)
      throws UnsupportedTarException, MalformedBlobException {
    String name = entry.cleanName();
    for (int slash = name.indexOf('/'); slash >= 0; slash = name.indexOf('/', slash + 1)) {
      Integer parent = live.get(name.substring(0, slash));
      if (parent == null || entries.get(parent).row().type() == EntryType.DIRECTORY) {
        continue;
      }
      String what = "tar entry " + name + ": " + name.substring(0, slash);
      if (entries.get(parent).row().type() == EntryType.SYMLINK) {
        throw new UnsupportedTarException(what + " above it is a symbolic link");
      }
      throw new MalformedBlobException(what + " above it isn't a directory", entry.offset());
    }
  }

  private void killBelow(String name, int index) {
    Map<String, Integer> below = live.subMap(name + "/", name + (char) ('/' + 1));
    below.values().forEach(each -> killer[each] = index);
    below.clear();
  }

  private String targetName(int link) {
    return EntryName.clean(entries.get(link).row().linkName());
  }

  private void resolveForwardLinks() throws UnsupportedTarException {
    for (int i = 0; i < target.length; i++) {
      if (entries.get(i).row().type() == EntryType.HARDLINK && target[i] == NONE) {
        Integer leadsTo = live.get(targetName(i));
        if (leadsTo == null) {
          throw new UnsupportedTarException(
              "tar entry "
                  + entries.get(i).row().name()
                  + ": a hardlink to "
                  + targetName(i)
                  + ", which isn't there");
        }
        target[i] = leadsTo;
      }
    }
    byte[] seen = new byte[target.length];
    for (int i = 0; i < target.length; i++) {
      requireEnd(i, seen);
    }
  }

  /**
   * Follows a chain of hardlinks to its end.
   *
   * @param seen by entry: 1 on the way, 2 if its chain is known to end
   */
  private void requireEnd(int link, byte[] seen) throws UnsupportedTarException {
    int each = link;
    for (; each != NONE && seen[each] == 0; each = target[each]) {
      seen[each] = 1;
    }
    if (each != NONE && seen[each] == 1) {
      throw new UnsupportedTarException(
          "tar entry " + entries.get(each).row().name() + ": a hardlink to itself");
    }
    for (each = link; each != NONE && seen[each] == 1; each = target[each]) {
      seen[each] = 2;
    }
  }

  /**
   * Keeps an entry, what it leads to, and what takes the name of any of these: files may lie below
   * a directory that has taken the name of a file.
   */
  private void keep(int index) {
    Deque<Integer> wanted = new ArrayDeque<>(List.of(index));
    while (!wanted.isEmpty()) {
      int each = wanted.pop();
      if (each == NONE || kept[each]) {
        continue;
      }
      kept[each] = true;
      wanted.push(target[each]);
      wanted.push(successor(each));
    }
  }

  /** Who has its name next and is kept: the last that has it, or a directory; -1 if nobody. */
  private int successor(int index) {
    int each = killer[index];
    while (each != NONE
        && !kept[each]
        && killer[each] != NONE
        && entries.get(each).row().type() != EntryType.DIRECTORY) {
      each = killer[each];
    }
    return each;
  }

  /**
   * What is kept although it lost its name must come before what is kept of that name behind it.
   */
  private void gatherKilled() {
    for (int i = 0; i < kept.length; i++) {
      if (!kept[i]) {
        continue;
      }
      if (killer[i] != NONE) {
        addTo(killed, successor(i), i);
        history.computeIfAbsent(entries.get(i).cleanName(), _ -> new ArrayList<>(2)).add(i);
      }
      int taken = target[i] == NONE ? NONE : successor(target[i]);
      if (taken > i) {
        addTo(killed, taken, i);
      }
    }
  }

  private static void addTo(List<@Nullable List<Integer>> lists, int index, int value) {
    List<Integer> list = lists.get(index);
    if (list == null) {
      list = new ArrayList<>(2);
      lists.set(index, list);
    }
    list.add(value);
  }

  /** Whether it is needed: it has a name in the end, or what has one needs it. */
  boolean isKept(int index) {
    return kept[index];
  }

  /** Whether it has its name in the end. */
  boolean isLive(int index) {
    Integer last = live.get(entries.get(index).cleanName());
    return last != null && last == index;
  }

  /** The entry that has this cleaned name in the end; null if none has. */
  @Nullable Integer find(String cleanName) {
    return live.get(cleanName);
  }

  /** The entries that have names below a directory's, in their order; "" is the root. */
  List<Integer> below(String cleanName) {
    Map<String, Integer> below =
        cleanName.isEmpty() ? live : live.subMap(cleanName + "/", cleanName + (char) ('/' + 1));
    return below.values().stream().sorted().toList();
  }

  /** The whiteout of this cleaned name; null if there is none. */
  @Nullable Integer whiteoutOf(String cleanName) {
    return whiteouts.get(cleanName);
  }

  /** What a hardlink leads to at once, perhaps another hardlink; -1 for all other entries. */
  int target(int index) {
    return target[index];
  }

  /** The entry whose file this is: itself, or where its chain of hardlinks ends. */
  int file(int index) {
    int each = index;
    while (target[each] != NONE) {
      each = target[each];
    }
    return each;
  }

  /** The entries that are kept although they lost this cleaned name, in their order. */
  List<Integer> formerly(String cleanName) {
    return history.getOrDefault(cleanName, List.of());
  }

  /** What must be extracted before this entry takes its name away, or what is above it. */
  List<Integer> killedBy(int index) {
    List<Integer> list = killed.get(index);
    return list == null ? List.of() : list;
  }
}
