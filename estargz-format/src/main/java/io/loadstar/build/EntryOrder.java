package io.loadstar.build;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.Landmark;
import io.loadstar.tar.UnsupportedTarException;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;

/**
 * In which order entries go into the layer: prioritized files, each behind the directories that it
 * is in; the landmark; all others as they came. Not thread-safe, used once.
 *
 * <p>Whatever the order, the tree is that of an {@link Extraction} in the order of the input. So an
 * entry comes behind what a hardlink leads to, behind the whiteouts of its path, and behind what it
 * takes the name of, if that is needed still: a replaced file that has another name by a hardlink
 * stays, and stands in the TOC under that name.
 */
final class EntryOrder {

  private static final byte[] LANDMARK_CONTENT = {Landmark.CONTENT};

  private enum State {
    ABSENT,
    BEGUN,
    PLACED
  }

  private final TarSpool spool;
  private final Extraction extraction;
  private final State[] states;
  private final List<Integer> ordered = new ArrayList<>();
  private final List<String> missed = new ArrayList<>();
  private final List<PlacedEntry> entries = new ArrayList<>();
  private boolean prioritizing = true;

  private EntryOrder(TarSpool spool) throws UnsupportedTarException, MalformedBlobException {
    this.spool = spool;
    this.extraction = Extraction.of(spool.entries());
    this.states = new State[spool.entries().size()];
    java.util.Arrays.fill(states, State.ABSENT);
  }

  /**
   * The entries as they came, for a layer that has to stay as it is: no landmark is added.
   *
   * @throws UnsupportedTarException if a hardlink leads nowhere
   * @throws MalformedBlobException if the entries can't be a tree
   */
  static EntryOrder asTheyCame(TarSpool spool)
      throws UnsupportedTarException, MalformedBlobException {
    EntryOrder order = new EntryOrder(spool);
    for (int i = 0; i < order.states.length; i++) {
      order.ordered.add(i);
    }
    RowNames names = new RowNames(spool.entries(), order.extraction, order.ordered);
    for (int index : order.ordered) {
      order.entries.add(new PlacedEntry(spool.entries().get(index), names.row(index)));
    }
    return order;
  }

  /**
   * Orders what is in {@code spool}, adding the landmark to it.
   *
   * @throws UnsupportedTarException if a hardlink leads nowhere, or a prioritized path is absent
   *     that must not be
   * @throws MalformedBlobException if the entries can't be a tree
   * @throws IOException if the landmark can't be written
   */
  static EntryOrder of(TarSpool spool, PrioritizedFiles prioritized) throws IOException {
    EntryOrder order = new EntryOrder(spool);
    WantedEntries wanted = new WantedEntries(spool.entries(), order.extraction);
    for (String path : prioritized.paths()) {
      List<Integer> found = wanted.of(path, prioritized.spelling());
      for (int index : found) {
        order.place(index);
      }
      if (found.isEmpty()) {
        order.miss(path, prioritized.absent());
      }
    }
    order.prioritizing = false;
    int prefetched = order.ordered.size();
    for (int i = 0; i < order.states.length; i++) {
      if (order.extraction.isKept(i)) {
        order.place(i);
      }
    }
    order.name(prefetched);
    return order;
  }

  /** All entries of the layer but the TOC, and what the TOC says of them. */
  List<PlacedEntry> placed() {
    return entries;
  }

  /** All entries of the layer but the TOC. */
  List<SpooledEntry> entries() {
    return entries.stream().map(PlacedEntry::entry).toList();
  }

  /** The prioritized paths that aren't there. */
  List<String> missed() {
    return missed;
  }

  private void miss(String path, PrioritizedFiles.Absent absent) throws UnsupportedTarException {
    switch (absent) {
      case REFUSE ->
          throw new UnsupportedTarException("prioritized file " + path + " isn't in the layer");
      case SKIP -> missed.add(path);
    }
  }

  /** Places an entry behind all that must come before it. Without recursion: chains can be long. */
  private void place(int wanted) throws UnsupportedTarException {
    Deque<Integer> stack = new ArrayDeque<>();
    stack.push(wanted);
    while (!stack.isEmpty()) {
      int index = stack.peek();
      switch (states[index]) {
        case PLACED -> stack.pop();
        case BEGUN -> {
          stack.pop();
          states[index] = State.PLACED;
          ordered.add(index);
        }
        case ABSENT -> {
          states[index] = State.BEGUN;
          for (int before : predecessors(index)) {
            if (states[before] == State.BEGUN) {
              throw new UnsupportedTarException(
                  "tar entry "
                      + spool.entries().get(index).row().name()
                      + ": must come both before and behind "
                      + spool.entries().get(before).row().name());
            }
            if (states[before] == State.ABSENT) {
              stack.push(before);
            }
          }
        }
      }
    }
  }

  private List<Integer> predecessors(int index) {
    List<Integer> before = new ArrayList<>(extraction.killedBy(index));
    if (extraction.target(index) >= 0) {
      before.add(extraction.target(index));
    }
    String name = spool.entries().get(index).cleanName();
    boolean withParents = prioritizing && extraction.isLive(index) && !name.isEmpty();
    if (withParents) {
      addParent("", before);
    }
    for (int end = name.indexOf('/'); end >= 0; end = name.indexOf('/', end + 1)) {
      addEarlier(name.substring(0, end), index, before);
      if (withParents) {
        addParent(name.substring(0, end), before);
      }
    }
    addEarlier(name, index, before);
    return before;
  }

  private void addParent(String path, List<Integer> before) {
    Integer parent = extraction.find(path);
    if (parent != null) {
      before.add(parent);
    }
  }

  /** What came before the entry and hides, or had, its name or one above it. */
  private void addEarlier(String path, int index, List<Integer> before) {
    Integer whiteout = extraction.whiteoutOf(path);
    if (whiteout != null && whiteout < index && extraction.isKept(whiteout)) {
      before.add(whiteout);
    }
    for (int former : extraction.formerly(path)) {
      if (former < index) {
        before.add(former);
      }
    }
  }

  /** Adds the landmark and finds what the TOC says of each entry. */
  private void name(int prefetched) throws IOException {
    RowNames names = new RowNames(spool.entries(), extraction, ordered);
    for (int i = 0; i <= ordered.size(); i++) {
      if (i == prefetched) {
        String landmark = prefetched == 0 ? Landmark.NO_PREFETCH : Landmark.PREFETCH;
        SpooledEntry own = spool.append(landmark, LANDMARK_CONTENT);
        entries.add(new PlacedEntry(own, own.row()));
      }
      if (i < ordered.size()) {
        int index = ordered.get(i);
        entries.add(new PlacedEntry(spool.entries().get(index), names.row(index)));
      }
    }
  }
}
