package io.loadstar.lazy;

import io.loadstar.blob.ByteRange;
import io.loadstar.layer.Landmark;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
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
  static final int LANES = 4;

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
  CompletableFuture<Void> prefetch(LazyLayer layer, HeadStart begun) {
    return switch (layer.tree().landmark()) {
      case Landmark.PrefetchUpTo upTo -> prefetchUpTo(layer, upTo, begun);
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
      var _ = fetchAll(layer, new Work(runs, Urgency.READ_AHEAD, HeadStart.NONE));
    }
    return true;
  }

  private CompletableFuture<Void> prefetchLearnt(LazyLayer layer, long otherwise) {
    if (learnt.equals(LearntReads.NONE)) {
      layer.guess();
      return prefetchBeginning(layer, otherwise);
    }
    try {
      return CompletableFuture.supplyAsync(
              () -> runsOf(layer, learnt.of(layer.digest()), fetcher.gapOf(layer)),
              workers.decoders().at(Urgency.PREFETCH))
          .thenCompose(runs -> {
            if (!runs.isEmpty()) {
              return fetchAll(layer, new Work(runs, Urgency.PREFETCH, HeadStart.NONE));
            }
            layer.guess();
            return prefetchBeginning(layer, otherwise);
          });
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null);
    }
  }

  private CompletableFuture<Void> prefetchBeginning(LazyLayer layer, long end) {
    return prefetchUpTo(layer, new Landmark.PrefetchUpTo(end, List.of()), HeadStart.NONE);
  }

  private CompletableFuture<Void> prefetchUpTo(
      LazyLayer layer, Landmark.PrefetchUpTo landmark, HeadStart begun) {
    LayerIndex index = layer.index();
    ArrayDeque<Run> runs = new ArrayDeque<>();
    // What a line was measured to be may have changed since.
    List<ByteRange> stretches = begun.stretches(() -> stretches(landmark, fetcher.gapOf(layer)));
    for (ByteRange stretch : stretches) {
      Run run = new Run(index.firstFrom(stretch.offset()), index.firstFrom(stretch.end()));
      if (run.first < run.end) {
        runs.add(run);
      }
    }
    return runs.isEmpty()
        ? CompletableFuture.completedFuture(null)
        : fetchAll(layer, new Work(runs, Urgency.PREFETCH, begun));
  }

  /**
   * What a landmark has fetched, as ranges of the blob that are worth a request each.
   *
   * @param gap how many bytes are read over rather than to make another request
   */
  static List<ByteRange> stretches(Landmark.PrefetchUpTo landmark, long gap) {
    List<ByteRange> stretches = new ArrayList<>();
    long from = 0;
    for (ByteRange unread : landmark.unread()) {
      if (unread.length() > gap) {
        addStretch(stretches, from, unread.offset());
        from = unread.end();
      }
    }
    addStretch(stretches, from, landmark.end());
    return stretches;
  }

  private static void addStretch(List<ByteRange> stretches, long from, long end) {
    if (from < end) {
      stretches.add(ByteRange.between(from, end));
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
  private record Work(ArrayDeque<Run> runs, Urgency urgency, HeadStart begun) {
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
      fetch(layer, run, work);
    }
  }

  /** Fetches a run, but for what is here at both its ends. */
  private void fetch(LazyLayer layer, Run run, Work work) {
    int end = run.end;
    while (end > run.first && !fetcher.isWanted(layer, end - 1)) {
      end--;
    }
    try {
      int first = fetcher.firstOpen(layer, run.first);
      while (first < end && !layer.isClosed()) { // once, unless others went first for long
        first = fetcher.firstOpen(layer, fetchOnce(layer, new Run(first, end), work));
      }
    } catch (IOException | RuntimeException e) {
      if (!layer.isClosed()) {
        LOG.warn("layer {}: prefetch ended early: {}", layer.digest(), e.toString());
      }
    }
  }

  private int fetchOnce(LazyLayer layer, Run run, Work work) throws IOException {
    MemberStream.Ahead ahead =
        new MemberStream.Ahead(work.urgency, () -> !layer.isClosed(), null, work.begun);
    LayerStreams.@Nullable Stretch stretch = layer.streams().beginFree(run.first, run.end);
    if (stretch == null) {
      return run.end;
    }
    try (stretch) {
      return new MemberStream(fetcher, layer, ahead, new ArrayDeque<>()).fetch(stretch);
    }
  }
}
