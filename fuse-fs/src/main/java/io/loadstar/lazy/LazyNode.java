package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Ticker;
import io.loadstar.blob.BlobSource;
import io.loadstar.cache.ContentStore;
import io.loadstar.cache.SharingDomain;
import io.loadstar.layer.Landmark;
import io.loadstar.layer.LandmarkGlance;
import io.loadstar.lazy.LazyOptions.Background.WhenBusy;
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
  private final LearntReads learnt;
  private final Ticker ticker;

  /** Of which each read may have its limit. */
  private final RunningTime running = new RunningTime(System::nanoTime);

  private final Workers workers;
  private final ChunkFetcher fetcher;
  private final WholeFiles wholeFiles;
  private final Prefetcher prefetcher;
  private final HeadStarts headStarts;
  private final Foresight foresight;
  private final Map<String, ImageFiles> images = new ConcurrentHashMap<>();
  private final @Nullable BackgroundFetcher background;
  private final List<Thread> backgroundThreads;
  private final Map<SharingDomain, Line> lines = new ConcurrentHashMap<>();
  private final Set<PendingRead> pending = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /** Starts a node's threads; time is the system's. It learns nothing of what is read. */
  public static LazyNode start(ContentStore store, LazyOptions options) {
    return start(store, options, LearntReads.NONE);
  }

  /**
   * Starts a node's threads; time is the system's.
   *
   * @param learnt remembers what starts read
   */
  public static LazyNode start(ContentStore store, LazyOptions options, LearntReads learnt) {
    boolean yields =
        options.background().filter(how -> how.whenBusy() == WhenBusy.BACK_OFF).isPresent();
    CpuPressure pressure = yields ? ProcCpuPressure.ofSystem() : CpuPressure.NONE;
    LazyNode node =
        new LazyNode(store, options, new Surroundings(Ticker.systemTicker(), pressure, learnt));
    node.backgroundThreads.forEach(Thread::start);
    return node;
  }

  /** A node whose background fetch, if any, only works when {@link #backgroundStep} is called. */
  LazyNode(ContentStore store, LazyOptions options, Surroundings surroundings) {
    this.store = store;
    this.options = options;
    this.ticker = surroundings.ticker;
    this.learnt = surroundings.learnt;
    this.workers = Workers.start(options.decodeThreads());
    this.wholeFiles = new WholeFiles(store);
    this.fetcher = new ChunkFetcher(store, workers, options);
    this.prefetcher = new Prefetcher(fetcher, workers, learnt, options.prefetchWithoutLandmark());
    this.headStarts = new HeadStarts(store, workers, new RangePlanner(options.fetchAtLeast()));
    this.foresight = new Foresight(workers, prefetcher);
    this.background =
        options
            .background()
            .map(how -> new BackgroundFetcher(fetcher, ticker, how, surroundings.pressure))
            .orElse(null);
    this.backgroundThreads = background == null ? List.of() : backgroundThreads();
  }

  /**
   * What it finds where it runs.
   *
   * @param ticker time
   * @param pressure while it is high, the background fetch goes slowly
   * @param learnt what earlier starts read
   */
  record Surroundings(Ticker ticker, CpuPressure pressure, LearntReads learnt) {}

  private List<Thread> backgroundThreads() {
    Thread.Builder named = Thread.ofPlatform().daemon().name("loadstar-background-", 0);
    return Stream.generate(() -> named.unstarted(this::loop))
        .limit(BackgroundFetcher.LANES)
        .toList();
  }

  /**
   * Opens a layer that stands for itself.
   *
   * @param domain what it may share with other layers; they share the line to a registry as well
   * @return the layer, which the caller closes; {@code content}'s source is its own
   */
  public LazyLayer open(LazyLayer.Content content, SharingDomain domain) {
    return open(content, domain, new ImageFiles(), AccessRecord.none());
  }

  /**
   * Opens a layer of an image.
   *
   * @param domain what it may share with other layers; they share the line to a registry as well
   * @param image what layers have in common that are opened for the same image
   * @return the layer, which the caller closes; {@code content}'s source is its own
   */
  public LazyLayer open(LazyLayer.Content content, SharingDomain domain, String image) {
    ImageFiles files = images.computeIfAbsent(image, _ -> new ImageFiles());
    return open(content, domain, files, AccessRecord.none());
  }

  /**
   * Opens a layer whose first reads are recorded.
   *
   * @param domain what it may share with other layers
   * @param record made for the tree of {@code content}
   * @return the layer, which the caller closes; {@code content}'s source is its own
   */
  public LazyLayer open(LazyLayer.Content content, SharingDomain domain, AccessRecord record) {
    return open(content, domain, new ImageFiles(), record);
  }

  private LazyLayer open(
      LazyLayer.Content content, SharingDomain domain, ImageFiles files, AccessRecord record) {
    LayerIndex index = new LayerIndex(content.tree(), content.source().digest(), domain);
    LayerLedger.Blob blob =
        new LayerLedger.Blob(content.source().digest(), content.source().size());
    LayerLedger ledger = new LayerLedger(blob, index, options.failureBackoff(), ticker);
    Line line = lineOf(domain);
    ReadMembers read = new ReadMembers(index);
    ReadAhead readAhead =
        new ReadAhead(
            options.fetchAtLeast(), options.readAheadLimit(), line.meter(), read::worthBetween);
    LazyLayer layer =
        new LazyLayer(
            this,
            content,
            new LazyLayer.Access(index, line, files, read, readAhead),
            new LazyLayer.Books(ledger, record));
    files.add(layer);
    return layer;
  }

  ContentStore store() {
    return store;
  }

  Foresight foresight() {
    return foresight;
  }

  WholeFiles wholeFiles() {
    return wholeFiles;
  }

  /**
   * Has the parts of one read filled, and the read fail if that takes too long.
   *
   * @param waits is told if it has to wait for more than a disk
   */
  void serve(LazyLayer layer, List<Part> parts, Runnable waits) {
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
      workers.network().execute(() -> fill(layer, parts, waits));
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
  private void fill(LazyLayer layer, List<Part> parts, Runnable waits) {
    try {
      List<Part> missing = new ArrayList<>(parts.size());
      for (Part part : parts) {
        if (!part.tryFill(store) && !(store.contains(part.key()) && proveAndFill(part))) {
          missing.add(part);
        }
      }
      if (!missing.isEmpty()) {
        waits.run();
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

  /**
   * What the containers of an image run, whose layers are open by now: that is fetched before they
   * ask for it, as far as nobody knows better what they read first. Returns at once; an image that
   * isn't open is left alone.
   *
   * @param image as its layers were opened with
   */
  public void expectStart(String image, ProgramStart start) {
    ImageFiles files = images.get(image);
    if (files != null) {
      files.start(start);
      foresight.starts(files);
    }
  }

  /**
   * Begins to fetch what is to be prefetched of a layer that isn't open yet, as far as it isn't
   * here and there is memory. Returns at once.
   *
   * @param source the layer's; stays open as long as what is returned
   * @param domain as the layer is opened with
   * @param seen what its table of contents seems to say
   */
  public HeadStart headStart(BlobSource source, SharingDomain domain, LandmarkGlance seen) {
    return headStarts.begin(source, domain, lineOf(domain), seen);
  }

  private Line lineOf(SharingDomain domain) {
    return lines.computeIfAbsent(domain, _ -> Line.of(options.fetchAtLeast()));
  }

  CompletableFuture<Void> prefetch(LazyLayer layer, HeadStart begun) {
    return prefetcher.prefetch(layer, begun).whenComplete((_, _) -> begun.close());
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

  /** For a layer that is being opened. One whose builder says what is read first needs none. */
  StartRecord startRecord(LazyLayer layer) {
    boolean told = layer.tree().landmark() instanceof Landmark.PrefetchUpTo;
    return told || learnt.equals(LearntReads.NONE)
        ? StartRecord.none(layer.index())
        : StartRecord.of(layer.index(), ticker, () -> learnLater(layer));
  }

  private void learnLater(LazyLayer layer) {
    try {
      var _ =
          workers
              .timer()
              .schedule(
                  () -> workers.decoders().execute(Urgency.BACKGROUND, () -> learn(layer)),
                  StartRecord.WINDOW.toNanos(),
                  TimeUnit.NANOSECONDS);
    } catch (RejectedExecutionException e) {
      LOG.debug("layer {}: what is read is noted when it is closed", layer.digest());
    }
  }

  /** Ends the record of a layer's start, if there is one, and keeps it. Uses the disk. */
  void learn(LazyLayer layer) {
    List<Long> read = layer.start().end();
    if (!read.isEmpty()) {
      learnt.learn(layer.digest(), read);
    }
  }

  void forget(LazyLayer layer) {
    layer.image().remove(layer);
    images.values().removeIf(ImageFiles::isEmpty);
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
