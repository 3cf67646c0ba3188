package io.loadstar.lazy;

import io.loadstar.layer.Landmark;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches what containers are likely to read first: what a layer's builder placed in front of the
 * landmark, or, of a layer that has none, its beginning. Thread-safe.
 */
final class Prefetcher {

  private static final Logger LOG = LoggerFactory.getLogger(Prefetcher.class);

  private final ChunkFetcher fetcher;
  private final Workers workers;
  private final long withoutLandmark;

  /**
   * @param withoutLandmark how many bytes of a blob that doesn't say what is read first
   */
  Prefetcher(ChunkFetcher fetcher, Workers workers, long withoutLandmark) {
    this.fetcher = fetcher;
    this.workers = workers;
    this.withoutLandmark = withoutLandmark;
  }

  /** See {@link LazyLayer#prefetch}. */
  CompletableFuture<Void> prefetch(LazyLayer layer) {
    int members = layer.index().firstFrom(endOf(layer));
    if (members == 0) {
      return CompletableFuture.completedFuture(null);
    }
    try {
      return CompletableFuture.runAsync(() -> fetch(layer, members), workers.network());
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null);
    }
  }

  /** Where what is prefetched ends in the blob. */
  private long endOf(LazyLayer layer) {
    return switch (layer.tree().landmark()) {
      case Landmark.PrefetchUpTo(long end) -> end;
      case Landmark.PrefetchNothing() -> 0;
      case Landmark.Absent() -> withoutLandmark;
    };
  }

  /** Fetches the first {@code members}, but those at both ends that are here. */
  private void fetch(LazyLayer layer, int members) {
    int end = members;
    while (end > 0 && !fetcher.isWanted(layer, end - 1)) {
      end--;
    }
    try {
      int first = fetcher.firstOpen(layer, 0);
      while (first < end && !layer.isClosed()) { // once, unless others went first for long
        first = fetcher.firstOpen(layer, fetch(layer, first, end));
      }
    } catch (IOException | RuntimeException e) {
      if (!layer.isClosed()) {
        LOG.warn("layer {}: prefetch ended early: {}", layer.digest(), e.toString());
      }
    }
  }

  private int fetch(LazyLayer layer, int first, int end) throws IOException {
    MemberStream.Ahead ahead =
        new MemberStream.Ahead(Urgency.PREFETCH, () -> !layer.isClosed(), null);
    LayerStreams.@Nullable Stretch stretch = layer.streams().beginFree(first, end);
    if (stretch == null) {
      return end;
    }
    try (stretch) {
      return new MemberStream(fetcher, layer, ahead, new ArrayDeque<>()).fetch(stretch);
    }
  }
}
