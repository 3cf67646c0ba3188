package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;
import io.loadstar.cache.ContentStore;
import io.loadstar.cache.SharingDomain;
import java.io.Closeable;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What all lazy layers of a node share: the store, the fetches under way, the bound for memory, the
 * lines, and the threads.
 *
 * <p>Thread-safe. Closed by the daemon, after its mounts and layers and before the store, which
 * isn't the node's.
 */
public final class LazyNode implements Closeable {

  private static final Logger LOG = LoggerFactory.getLogger(LazyNode.class);

  private final ContentStore store;
  private final LazyOptions options;
  private final Ticker ticker;

  /** Of which each read may have its limit. */
  private final RunningTime running = new RunningTime(System::nanoTime);

  private final Workers workers;
  private final ChunkFetcher fetcher;
  private final WholeFiles wholeFiles;
  private final Prefetcher prefetcher;
  private final @Nullable BackgroundFetcher background;
  private final List<Thread> backgroundThreads;
  private final Map<SharingDomain, Line> lines = new ConcurrentHashMap<>();
  private final Set<PendingRead> pending = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** Starts a node's threads; time is the system's. */
  public static LazyNode start(ContentStore store, LazyOptions options) {
    LazyNode node = new LazyNode(store, options, Ticker.systemTicker());
    node.backgroundThreads.forEach(Thread::start);
    return node;
  }

  /** A node whose background fetch, if any, only works when {@link #backgroundStep} is called. */
  LazyNode(ContentStore store, LazyOptions options, Ticker ticker) {
    this.store = store;
    this.options = options;
    this.ticker = ticker;
    this.workers = Workers.start(options.decodeThreads());
    this.wholeFiles = new WholeFiles(store);
    this.fetcher = new ChunkFetcher(store, workers, options);
    this.prefetcher = new Prefetcher(fetcher, workers, options.prefetchWithoutLandmark());
    this.background =
        options
            .background()
            .map(how ->
                new BackgroundFetcher(
                    fetcher, ticker, how.delay(), new Pace(how.bytesPerSecond(), ticker)))
            .orElse(null);
    this.backgroundThreads = background == null ? List.of() : backgroundThreads();
  }

  private List<Thread> backgroundThreads() {
    Thread.Builder named = Thread.ofPlatform().daemon().name("loadstar-background-", 0);
    return Stream.generate(() -> named.unstarted(this::loop))
        .limit(BackgroundFetcher.LANES)
        .toList();
  }

  /**
   * Opens a layer.
   *
   * @param domain what it may share with other layers; they share the line to a registry as well
   * @return the layer, which the caller closes; {@code content}'s source is its own
   */
  public LazyLayer open(LazyLayer.Content content, SharingDomain domain) {
    return open(content, domain, AccessRecord.none());
  }

  /**
   * Opens a layer whose first reads are recorded.
   *
   * @param domain what it may share with other layers
   * @param record made for the tree of {@code content}
   * @return the layer, which the caller closes; {@code content}'s source is its own
   */
  public LazyLayer open(LazyLayer.Content content, SharingDomain domain, AccessRecord record) {
    LayerIndex index = new LayerIndex(content.tree(), content.source().digest(), domain);
    LayerLedger.Blob blob =
        new LayerLedger.Blob(content.source().digest(), content.source().size());
    LayerLedger ledger = new LayerLedger(blob, index, options.failureBackoff(), ticker);
    Line line = lines.computeIfAbsent(domain, _ -> Line.of(options.fetchAtLeast()));
    ReadAhead readAhead =
        new ReadAhead(options.fetchAtLeast(), options.readAheadLimit(), line.meter());
    return new LazyLayer(
        this,
        content,
        new LazyLayer.Access(index, line, readAhead),
        new LazyLayer.Books(ledger, record));
  }

  ContentStore store() {
    return store;
  }

  WholeFiles wholeFiles() {
    return wholeFiles;
  }

  /** Has the parts of one read filled, and the read fail if that takes too long. */
  void serve(LazyLayer layer, List<Part> parts) {
    PendingRead read = parts.getFirst().read();
    read.atEnd(() -> pending.remove(read));
    pending.add(read);
    long start = running.now();
    long beat = RunningTime.beatFor(options.waitLimit()).toNanos();
    try {
      read.endsBy(
          workers
              .timer()
              .scheduleWithFixedDelay(
                  () -> {
                    if (running.now() - start >= options.waitLimit().toNanos()) {
                      workers.network().execute(() -> giveUp(layer, parts));
                    }
                  },
                  beat,
                  beat,
                  TimeUnit.NANOSECONDS));
      workers.network().execute(() -> fill(layer, parts));
    } catch (RejectedExecutionException e) {
      read.fail(new IOException("shutting down", e));
    }
    if (closed) {
      read.fail(new IOException("shutting down"));
    }
  }

  private void giveUp(LazyLayer layer, List<Part> parts) {
    PendingRead read = parts.getFirst().read();
    if (!read.isOver()) {
      int member = layer.index().memberOf(parts.getFirst().chunk());
      read.fail(layer.ledger().timedOut(member, options.waitLimit()));
    }
  }

  /** Fills what the store has, and has the rest fetched. On a virtual thread. */
  private void fill(LazyLayer layer, List<Part> parts) {
    try {
      List<Part> missing = new ArrayList<>(parts.size());
      for (Part part : parts) {
        if (!part.tryFill(store) && !(store.contains(part.key()) && proveAndFill(part))) {
          missing.add(part);
        }
      }
      if (!missing.isEmpty()) {
        layer.ledger().waited();
        fetcher.fetch(missing);
      }
    } catch (RuntimeException e) {
      LOG.error("layer {}: a read failed", layer.digest(), e);
      parts.getFirst().fail(new IOException(layer.digest() + ": a read failed", e));
    }
  }

  /** Hashing is work for the decoders. */
  private boolean proveAndFill(Part part) {
    try {
      return CompletableFuture.supplyAsync(
              () -> part.fill(store), workers.decoders().at(Urgency.ON_DEMAND))
          .get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } catch (ExecutionException e) {
      throw new IllegalStateException(part.key() + ": can't be checked", e);
    }
  }

  CompletableFuture<Void> prefetch(LazyLayer layer) {
    return prefetcher.prefetch(layer);
  }

  /** Fetches what a reader is on the way to, if anything. Returns at once. */
  void fetchAhead(LazyLayer layer, ReadAhead.@Nullable Stretch stretch) {
    if (stretch != null) {
      fetcher.fetchAhead(layer, stretch);
    }
  }

  void fetchInBackground(LazyLayer layer) {
    BackgroundFetcher fetcher = background;
    if (fetcher != null) {
      fetcher.enrol(layer);
      backgroundThreads.forEach(LockSupport::unpark);
    }
  }

  void forget(LazyLayer layer) {
    BackgroundFetcher fetcher = background;
    if (fetcher != null) {
      fetcher.forget(layer);
    }
  }

  /** One step of the background fetch; how long to wait before the next. */
  Duration backgroundStep() {
    BackgroundFetcher fetcher = background;
    return fetcher == null ? BackgroundFetcher.IDLE : fetcher.step();
  }

  private void loop() {
    while (!closed) {
      try {
        Duration pause = backgroundStep();
        if (pause.isPositive()) {
          LockSupport.parkNanos(this, pause.toNanos());
        }
      } catch (RuntimeException e) {
        LOG.error("background fetch: a step failed", e);
        LockSupport.parkNanos(this, BackgroundFetcher.RETRY.toNanos());
      }
    }
  }

  /** How busy it is now. */
  public Load load() {
    return new Load(
        pending.size(), fetcher.chunksUnderWay(), options.bytesInFlight() - fetcher.bytesFree());
  }

  /**
   * How busy a node is.
   *
   * @param reads how many reads wait
   * @param chunks how many chunks are under way
   * @param bytes how many bytes of members are in memory
   */
  public record Load(int reads, int chunks, long bytes) {}

  /** Ends what is under way: reads fail, fetches stop. Returns when the threads are gone. */
  @Override
  public void close() {
    closed = true;
    backgroundThreads.forEach(Thread::interrupt);
    wholeFiles.close();
    workers.close();
    for (PendingRead read : pending) {
      read.fail(new IOException("shutting down"));
    }
    fetcher.close();
  }
}
