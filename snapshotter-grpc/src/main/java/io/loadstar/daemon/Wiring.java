package io.loadstar.daemon;

import io.loadstar.cache.DiskContentStore;
import io.loadstar.grpc.SnapshotsService;
import io.loadstar.grpc.SocketFile;
import io.loadstar.grpc.UnixSocketServer;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.lazy.LazyNode;
import io.loadstar.lazy.LazyOptions;
import io.loadstar.lazy.LearntReads;
import io.loadstar.linux.LibDeflate;
import io.loadstar.linux.UserNamespace;
import io.loadstar.registry.CountedTraffic;
import io.loadstar.registry.RegistryAccess;
import io.loadstar.registry.RegistryClient;
import io.loadstar.remote.KeptLayers;
import io.loadstar.remote.KeptReads;
import io.loadstar.remote.LayerResolver;
import io.loadstar.remote.LazyRemoteFileSystem;
import io.loadstar.remote.MountRestorer;
import io.loadstar.remote.OrdinaryLayers;
import io.loadstar.remote.PatientResolver;
import io.loadstar.remote.PrefetchAhead;
import io.loadstar.remote.RegistryLayerOpener;
import io.loadstar.snapshot.ChainCheck;
import io.loadstar.snapshot.LayerUnpacker;
import io.loadstar.snapshot.MappedLowers;
import io.loadstar.snapshot.OverlayMounts;
import io.loadstar.snapshot.OverlaySnapshotter;
import io.loadstar.snapshot.SnapshotException;
import io.loadstar.snapshot.SnapshotStore;
import io.loadstar.unpack.UnpackBounds;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The only place that knows what the daemon consists of. Not thread-safe, used once.
 *
 * <pre>
 * &lt;root&gt;/                 0700
 *   lock                  held while a daemon runs: {@link RootLock}
 *   snapshotter/          {@link SnapshotStore}
 *   layers/               {@link KeptLayers}
 *   content/              {@link DiskContentStore}
 *   credentials.json      credentials that were learnt: {@link CredentialWiring}
 * </pre>
 *
 * Started in this order and ended in the reverse one; the sockets come last, when everything behind
 * them is there: that of the snapshots, and that for pulls, which need snapshots.
 *
 * <p>Threads: {@code call} run the snapshots service, the database and mount(2) among it, which
 * block in native code; {@code check} ask whether layers can be read, several at once; {@code
 * resolve} are virtual and wait for registries; {@code layer}, as many as cores, parse and hash
 * TOCs; {@code restore} and {@code unmount} exist at start and end only. A call may wait for any of
 * the others, and none of those for a call, nor {@code layer} for anything.
 *
 * <p>Locks, in the order in which they are taken: a target's ({@code RemotePreparation}, held while
 * its layer is opened and mounted, by one Prepare for all of that target) or that of a container's
 * mapped layers ({@code MappedLowers}, held while they are mounted) before a mount point's ({@code
 * MountPoint}, held during mount(2) and unmount) before that of what is kept ({@code
 * LazyRemoteFileSystem}, held while a layer's files are written). The database's is a transaction,
 * and the last one: nothing else is waited for under it.
 */
final class Wiring {

  private static final Logger log = LoggerFactory.getLogger(Wiring.class);

  /** A Prepare holds one while its layer is opened. */
  private static final int CALL_THREADS = 32;

  private static final int CHECK_THREADS = 16;
  private static final int RESTORE_THREADS = 4;
  private static final long IDLE_SECONDS = 30;

  private final Daemon daemon = new Daemon();
  private final Places places;
  private final Configuration configuration;
  private final RegistryWiring registries;
  private final OverlayXattrs xattrs;

  /**
   * Where the daemon is to be found.
   *
   * @param address its socket
   * @param root its directory
   * @param mounts what becomes of mounts when it stops
   */
  record Places(Path address, Path root, Mounts mounts) {}

  /** What becomes of mounts when the daemon stops. */
  enum Mounts {
    /** They stay, dead, until a daemon is there again and mounts in their place. */
    LEFT,
    /** They are unmounted. */
    ENDED
  }

  private Wiring(Places places, Configuration configuration) throws IOException {
    this.places = places;
    this.configuration = configuration;
    this.registries = RegistryWiring.of(configuration);
    this.xattrs = UserNamespace.isFirst() ? OverlayXattrs.TRUSTED : OverlayXattrs.USER;
  }

  /**
   * Starts everything.
   *
   * @throws IOException if something can't be started; nothing is left running then
   */
  static Daemon start(Places places, Configuration configuration) throws IOException {
    Wiring wiring = new Wiring(places, configuration);
    try {
      wiring.start();
      return wiring.daemon;
    } catch (IOException e) {
      wiring.daemon.close();
      throw new RootFileSystem(places.root()).explained(e);
    } catch (RuntimeException | Error e) {
      wiring.daemon.close();
      throw e;
    }
  }

  private void start() throws IOException {
    Path root = places.root();
    SocketFile.requireUnused(places.address());
    daemon.add(RootLock.take(root));
    new RootFileSystem(root).requireEntryTypes();
    SnapshotStore store = daemon.add(SnapshotStore.open(root));
    DiskContentStore content =
        daemon.add(
            DiskContentStore.open(
                content(), DiskContentStore.Bounds.DEFAULT.withQuota(configuration.store())));
    LazyNode node = daemon.add(LazyNode.start(content, lazyOptions(), learntReads()));
    CountedTraffic traffic = new CountedTraffic();
    CredentialWiring credentials = new CredentialWiring(configuration.keychains(), root, daemon);
    RegistryAccess access = registries.access(traffic, credentials.keychain());
    Once<RegistryClient> registry = daemon.add(new Once<>(() -> new RegistryClient(access)));
    RegistryLayerOpener opener = new RegistryLayerOpener(registry);
    ExecutorService network =
        daemon.addQuiet(
            Executors.newThreadPerTaskExecutor(
                Thread.ofVirtual().name("loadstar-resolve-", 0).factory()));
    LayerResolver resolver = resolver(opener, node, network);
    LazyRemoteFileSystem remote = remote(node, resolver, KeptLayers.open(root));
    if (places.mounts() == Mounts.ENDED) {
      daemon.add(remote);
    }
    MappedLowers mapped = new MappedLowers(store, remote);
    if (places.mounts() == Mounts.ENDED) {
      daemon.add(mapped::endAll);
    }
    mapped.endAll();
    restore(store, remote);
    ChainCheck check =
        new ChainCheck(remote, daemon.addQuiet(platformThreads("check", CHECK_THREADS)));
    ExecutorService calls = daemon.addQuiet(platformThreads("call", CALL_THREADS));
    OverlaySnapshotter.Layers layers =
        new OverlaySnapshotter.Layers(remote, unpacker(opener, resolver, network));
    OverlaySnapshotter snapshotter =
        new OverlaySnapshotter(store, overlays(store, mapped), layers, check);
    cleanUp(snapshotter);
    Runnable forgetUnused = credentials.forgettingUnused(store);
    forgetUnused.run();
    startMetrics(new Metrics(snapshotter, remote, content, traffic));
    UnixSocketServer.Offer offer =
        credentials.serveImages(
            places.address(),
            calls,
            UnixSocketServer.Offer.of(new SnapshotsService(snapshotter, forgetUnused)));
    UnixSocketServer server = daemon.add(UnixSocketServer.start(places.address(), calls, offer));
    log.atInfo()
        .addKeyValue("address", server.address())
        .addKeyValue("root", root)
        .log("serving snapshots");
    PullWiring.start(places.address(), configuration.pulls(), new PullsAhead(remote, node), daemon);
    ServiceManager manager = daemon.add(ServiceManager.ofProcess());
    manager.ready();
    manager.watch(() -> answers(snapshotter));
    daemon.onReload(new Reload(configuration, registries.hosts(), manager));
    warmUp(registry);
  }

  private OverlayMounts overlays(SnapshotStore store, MappedLowers mapped) {
    return new OverlayMounts(
        store,
        mapped,
        xattrs == OverlayXattrs.USER ? List.of(OverlayMounts.USER_XATTRS) : List.of());
  }

  private Path content() {
    return places.root().resolve("content");
  }

  private LearntReads learntReads() throws IOException {
    return configuration.fetch().prefetch() && configuration.fetch().learn()
        ? KeptReads.open(places.root())
        : LearntReads.NONE;
  }

  private LazyOptions lazyOptions() {
    return LazyOptions.DEFAULT
        .withWaitLimit(configuration.fetch().readTimeout())
        .withPrefetchWithoutLandmark(configuration.fetch().prefetchSize())
        .withBackground(configuration.fetch().background());
  }

  private LayerResolver resolver(
      RegistryLayerOpener opener, LazyNode node, ExecutorService network) {
    PrefetchAhead prefetch =
        configuration.fetch().prefetch() ? PrefetchAhead.by(node) : PrefetchAhead.NONE;
    LayerResolver.Threads threads =
        new LayerResolver.Threads(network, daemon.addQuiet(new LayerThreads()));
    LayerResolver.Terms terms =
        new LayerResolver.Terms(
            configuration.verification(), configuration.resolver().layerTimeout(), xattrs);
    return new LayerResolver(new LayerResolver.Layers(opener, prefetch), terms, threads);
  }

  private LazyRemoteFileSystem remote(LazyNode node, LayerResolver resolver, KeptLayers kept)
      throws IOException {
    Configuration.Fetch fetch = configuration.fetch();
    return new LazyRemoteFileSystem(
        new LazyRemoteFileSystem.Resolving(
            resolver, new PatientResolver(resolver, configuration.resolver().retryLimit())),
        new FuseWiring(configuration.fuse(), fetch.readTimeout(), content()).mounter(node),
        kept,
        new LazyRemoteFileSystem.Prefetching(fetch.prefetch(), fetch.prefetchTimeout()));
  }

  /** Ended before the calls that it works for. */
  private LayerUnpacker unpacker(
      RegistryLayerOpener opener, LayerResolver resolver, ExecutorService network) {
    Optional<UnpackBounds> bounds = configuration.resolver().unpacking();
    return bounds.isEmpty()
        ? LayerUnpacker.NONE
        : daemon.add(
            new OrdinaryLayers(
                opener, resolver, bounds.get(), new OrdinaryLayers.Spool(places.root(), network)));
  }

  private static void restore(SnapshotStore store, LazyRemoteFileSystem remote) throws IOException {
    try (ExecutorService threads = platformThreads("restore", RESTORE_THREADS)) {
      new MountRestorer(store, remote, threads).restore();
    }
  }

  private static void cleanUp(OverlaySnapshotter snapshotter) throws IOException {
    try {
      snapshotter.cleanup();
    } catch (SnapshotException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  private void startMetrics(Metrics metrics) throws IOException {
    if (!configuration.metricsAddress().isEmpty()) {
      MetricsServer server =
          daemon.add(MetricsServer.start(configuration.metricsAddress(), metrics));
      log.atInfo().addKeyValue("metrics", server.address()).log("showing metrics");
    }
  }

  /** What every call needs: the database answers, if only that it has no such snapshot. */
  private static boolean answers(OverlaySnapshotter snapshotter) {
    try {
      var _ = snapshotter.stat("loadstar-watchdog");
      return true;
    } catch (SnapshotException.NotFound e) {
      return true;
    } catch (SnapshotException e) {
      log.error("the watchdog isn't answered", e);
      return false;
    }
  }

  /** What nobody needs to wait for: the first Prepare finds its classes loaded. */
  private void warmUp(Once<RegistryClient> registry) {
    Thread.ofPlatform()
        .daemon()
        .name("loadstar-warm-up")
        .start(() -> {
          registry.makeAhead();
          log.atInfo()
              .addKeyValue("libdeflate", LibDeflate.isThere())
              .log("whether gzip members are decoded by the system's libdeflate");
          new RootFileSystem(places.root()).warnOfOverlay();
        });
  }

  /** Threads that may block in native code; none are left when there is nothing to do. */
  private static ExecutorService platformThreads(String name, int count) {
    ThreadPoolExecutor threads =
        new ThreadPoolExecutor(
            count,
            count,
            IDLE_SECONDS,
            TimeUnit.SECONDS,
            new LinkedBlockingQueue<>(),
            Thread.ofPlatform().daemon().name("loadstar-" + name + "-", 0).factory());
    threads.allowCoreThreadTimeOut(true);
    return threads;
  }
}
