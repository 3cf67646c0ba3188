package io.loadstar.lazy;

import io.loadstar.blob.ByteRange;
import io.loadstar.layer.Landmark;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches what containers are likely to read first: what a layer's builder placed in front of the
 * landmark, but for pieces of large files that he knows nobody to read; of a layer whose builder
 * named nothing, what earlier starts on this node read, or, if nothing is known, its beginning.
 * Thread-safe.
 */
final class Prefetcher {

  private static final Logger LOG = LoggerFactory.getLogger(Prefetcher.class);

  /** How many stretches of a layer are under way at once: a round trip each, otherwise. */
  private static final int LANES = 4;

  private final ChunkFetcher fetcher;
  private final Workers workers;
  private final LearntReads learnt;
  private final long withoutLandmark;

  /**
   * @param learnt what earlier starts read
   * @param withoutLandmark how many bytes of a blob that doesn't say what is read first
   */
  Prefetcher(ChunkFetcher fetcher, Workers workers, LearntReads learnt, long withoutLandmark) {
    this.fetcher = fetcher;
    this.workers = workers;
    this.learnt = learnt;
    this.withoutLandmark = withoutLandmark;
  }

  /** Members of a layer, up to but not including {@code end}. */
  private record Run(int first, int end) {}

  /** See {@link LazyLayer#prefetch}. */
  CompletableFuture<Void> prefetch(LazyLayer layer) {
    return switch (layer.tree().landmark()) {
      case Landmark.PrefetchUpTo(long end, List<ByteRange> unread) ->
          prefetchUpTo(layer, end, unread);
      case Landmark.PrefetchNothing() -> prefetchLearnt(layer, 0);
      case Landmark.Absent() -> prefetchLearnt(layer, withoutLandmark);
    };
  }

  /**
   * Fetches some members that a reader is likely to need at once, if the store has room for what
   * nobody has asked for. Returns at once. Requests go side by side, so that another costs a part
   * of a round trip only.
   *
   * @return whether there is room
   */
  boolean fetchSoon(LazyLayer layer, Collection<Integer> members) {
    if (!fetcher.hasRoom()) {
      return false;
    }
    LayerIndex index = layer.index();
    List<Long> starts = members.stream().map(index::start).toList();
    ArrayDeque<Run> runs = runsOf(layer, starts, fetcher.gapOf(layer) / LANES);
    if (!runs.isEmpty()) {
      var _ = fetchAll(layer, new Work(runs, Urgency.READ_AHEAD));
    }
    return true;
  }

  private CompletableFuture<Void> prefetchLearnt(LazyLayer layer, long otherwise) {
    if (learnt.equals(LearntReads.NONE)) {
      layer.guess();
      return prefetchUpTo(layer, otherwise, List.of());
    }
    try {
      return CompletableFuture.supplyAsync(
              () -> runsOf(layer, learnt.of(layer.digest()), fetcher.gapOf(layer)),
              workers.decoders().at(Urgency.PREFETCH))
          .thenCompose(runs -> {
            if (!runs.isEmpty()) {
              return fetchAll(layer, new Work(runs, Urgency.PREFETCH));
            }
            layer.guess();
            return prefetchUpTo(layer, otherwise, List.of());
          });
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null);
    }
  }

  private CompletableFuture<Void> prefetchUpTo(LazyLayer layer, long end, List<ByteRange> unread) {
    LayerIndex index = layer.index();
    long gap = fetcher.gapOf(layer);
    ArrayDeque<Run> runs = new ArrayDeque<>();
    int first = 0;
    for (ByteRange range : unread) {
      if (range.length() > gap) {
        addRun(runs, first, index.firstFrom(range.offset()));
        first = index.firstFrom(range.end());
      }
    }
    addRun(runs, first, index.firstFrom(end));
    return runs.isEmpty()
        ? CompletableFuture.completedFuture(null)
        : fetchAll(layer, new Work(runs, Urgency.PREFETCH));
  }

  private static void addRun(ArrayDeque<Run> runs, int first, int end) {
    if (first < end) {
      runs.add(new Run(first, end));
    }
  }

  /** Those that begin where a member does, neighbours joined that are worth one request. */
  private ArrayDeque<Run> runsOf(LazyLayer layer, List<Long> starts, long gap) {
    LayerIndex index = layer.index();
    ArrayDeque<Run> runs = new ArrayDeque<>();
    for (long start : starts.stream().sorted().toList()) {
      int member = index.firstFrom(start);
      if (member == index.members() || index.start(member) != start) {
        continue; // of another blob, or made up
      }
      Run last = runs.peekLast();
      if (last != null && start - index.end(last.end - 1) <= gap) {
        runs.removeLast();
        runs.addLast(new Run(last.first, member + 1));
      } else {
        runs.addLast(new Run(member, member + 1));
      }
    }
    return runs;
  }

  /** What is left to be fetched; the queue is its own lock. */
  private record Work(ArrayDeque<Run> runs, Urgency urgency) {
    @Nullable Run next() {
      synchronized (runs) {
        return runs.poll();
      }
    }
  }

  /** Fetches it, some at once. */
  private CompletableFuture<Void> fetchAll(LazyLayer layer, Work work) {
    int lanes = Math.min(LANES, work.runs.size());
    CompletableFuture<?>[] all = new CompletableFuture<?>[lanes];
    try {
      for (int i = 0; i < lanes; i++) {
        all[i] = CompletableFuture.runAsync(() -> fetchInTurn(layer, work), workers.network());
      }
      return CompletableFuture.allOf(all);
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null);
    }
  }

  private void fetchInTurn(LazyLayer layer, Work work) {
    for (Run run = work.next(); run != null; run = work.next()) {
      fetch(layer, run, work.urgency);
    }
  }

  /** Fetches a run, but for what is here at both its ends. */
  private void fetch(LazyLayer layer, Run run, Urgency urgency) {
    int end = run.end;
    while (end > run.first && !fetcher.isWanted(layer, end - 1)) {
      end--;
    }
    try {
      int first = fetcher.firstOpen(layer, run.first);
      while (first < end && !layer.isClosed()) { // once, unless others went first for long
        first = fetcher.firstOpen(layer, fetchOnce(layer, new Run(first, end), urgency));
      }
    } catch (IOException | RuntimeException e) {
      if (!layer.isClosed()) {
        LOG.warn("layer {}: prefetch ended early: {}", layer.digest(), e.toString());
      }
    }
  }

  private int fetchOnce(LazyLayer layer, Run run, Urgency urgency) throws IOException {
    MemberStream.Ahead ahead = new MemberStream.Ahead(urgency, () -> !layer.isClosed(), null);
    LayerStreams.@Nullable Stretch stretch = layer.streams().beginFree(run.first, run.end);
    if (stretch == null) {
      return run.end;
    }
    try (stretch) {
      return new MemberStream(fetcher, layer, ahead, new ArrayDeque<>()).fetch(stretch);
    }
  }
}
