package io.loadstar.lazy;

import java.io.IOException;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.RejectedExecutionException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches what a layer's builder placed in front of the landmark, because containers read it first.
 * Thread-safe.
 */
final class Prefetcher {

  private static final Logger LOG = LoggerFactory.getLogger(Prefetcher.class);

  private final ChunkFetcher fetcher;
  private final Workers workers;

  Prefetcher(ChunkFetcher fetcher, Workers workers) {
    this.fetcher = fetcher;
    this.workers = workers;
  }

  /** See {@link LazyLayer#prefetch}. */
  CompletableFuture<Void> prefetch(LazyLayer layer) {
    OptionalLong end = layer.tree().prefetchEnd();
    if (end.isEmpty()) {
      return CompletableFuture.completedFuture(null);
    }
    int members = layer.index().firstFrom(end.getAsLong());
    try {
      return CompletableFuture.runAsync(() -> fetch(layer, members), workers.network());
    } catch (RejectedExecutionException e) {
      return CompletableFuture.completedFuture(null);
    }
  }

  /** Fetches the first {@code members}, but those at both ends that are here. */
  private void fetch(LazyLayer layer, int members) {
    int first = 0;
    int end = members;
    while (first < end && !fetcher.isWanted(layer, first)) {
      first++;
    }
    while (end > first && !fetcher.isWanted(layer, end - 1)) {
      end--;
    }
    if (first == end) {
      return;
    }
    try {
      new MemberStream(fetcher, layer, () -> !layer.isClosed()).fetch(first, end);
    } catch (IOException | RuntimeException e) {
      if (!layer.isClosed()) {
        LOG.warn("layer {}: prefetch ended early: {}", layer.digest(), e.toString());
      }
    }
  }
}
