package io.loadstar.lazy;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.cache.ContentStore;
import io.loadstar.cache.ObjectKey;
import io.loadstar.cache.SharingDomain;
import io.loadstar.layer.LandmarkGlance;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.Semaphore;

/**
 * Begins to fetch what is prefetched of layers that will be opened soon, within a bound of memory.
 * Thread-safe.
 */
final class HeadStarts {

  /**
   * How much may be held for layers that aren't open yet, in bytes: what comes in a third of a
   * second at 200 Mbit/s. What doesn't fit is left in the sockets' buffers, and then on the line.
   */
  static final int MAX_HELD = 8 << 20;

  private final ContentStore store;
  private final Workers workers;
  private final RangePlanner planner;
  private final Semaphore room = new Semaphore(MAX_HELD / BegunResponse.PIECE);

  HeadStarts(ContentStore store, Workers workers, RangePlanner planner) {
    this.store = store;
    this.workers = workers;
    this.planner = planner;
  }

  /**
   * Begins, unless there is no room, or the store has the first of it: it may well have the rest.
   *
   * @param source stays open until what is begun was taken or given up
   * @param domain what the layer may share with others
   * @param line to where its bytes come from
   */
  HeadStart begin(BlobSource source, SharingDomain domain, Line line, LandmarkGlance seen) {
    LandmarkGlance.FirstChunk first = seen.first();
    boolean here = store.contains(new ObjectKey.ByContent(domain, first.digest(), first.size()));
    if (here || room.availablePermits() == 0 || seen.landmark().end() > source.size()) {
      return HeadStart.NONE;
    }
    List<ByteRange> stretches = Prefetcher.stretches(seen.landmark(), planner.gapOf(line));
    List<BegunResponse> responses =
        stretches.subList(0, Math.min(Prefetcher.LANES, stretches.size())).stream()
            .map(stretch -> new BegunResponse(source, stretch, line, room))
            .toList();
    try {
      responses.forEach(response -> workers.network().execute(response::run));
      return new HeadStart(stretches, responses);
    } catch (RejectedExecutionException e) {
      return HeadStart.NONE;
    }
  }
}
