package io.loadstar.daemon;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.credentials.Keychain;
import io.loadstar.credentials.KubeletPlugins;
import io.loadstar.credentials.LearntCredentials;
import io.loadstar.credentials.PullSecrets;
import io.loadstar.credentials.UserCredentials;
import io.loadstar.grpc.ImageServiceProxy;
import io.loadstar.grpc.UnixSocketServer;
import io.loadstar.registry.kubernetes.ClusterAccess;
import io.loadstar.registry.kubernetes.SecretWatch;
import io.loadstar.remote.SnapshotImages;
import io.loadstar.snapshot.SnapshotStore;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The part of {@link Wiring} that is about credentials. Not thread-safe, used once.
 *
 * <p>Threads: {@code cri-loop}, one, passes on what containerd answers; requests come on the
 * socket's own and, where a pull's credentials are written down, wait on {@code call} threads. A
 * cluster's secrets are watched by one virtual thread, {@code loadstar-secrets}.
 */
final class CredentialWiring {

  private static final Logger log = LoggerFactory.getLogger(CredentialWiring.class);

  private final Keychains keychains;
  private final Daemon daemon;
  private final Optional<Cri> cri;

  /** CRI's image service, and where what is seen of it goes. */
  private record Cri(Keychains.Cri configured, LearntCredentials learnt) {}

  /**
   * @param daemon gets what is started
   * @param root where credentials are kept
   */
  CredentialWiring(Keychains keychains, Path root, Daemon daemon) {
    this.keychains = keychains;
    this.daemon = daemon;
    this.cri = keychains.cri().map(configured -> new Cri(configured, LearntCredentials.open(root)));
  }

  /**
   * All of them. What was learnt counts first: it is for the very image.
   *
   * @throws IOException if a kubelet's plugins are named that can't be asked
   */
  CredentialSource keychain() throws IOException {
    List<CredentialSource> places = new ArrayList<>();
    cri.ifPresent(here -> places.add(here.learnt()));
    if (keychains.plugins().isPresent()) {
      Keychains.Plugins plugins = keychains.plugins().get();
      places.add(KubeletPlugins.open(plugins.config(), plugins.programs()));
    }
    keychains.cluster().ifPresent(cluster -> places.add(watched(cluster)));
    places.add(UserCredentials.ofProcess());
    return new Keychain(places);
  }

  private PullSecrets watched(Keychains.Cluster cluster) {
    PullSecrets secrets = new PullSecrets();
    Path home = Path.of(System.getProperty("user.home", "/"));
    var _ =
        daemon.add(
            SecretWatch.start(
                ClusterAccess.find(cluster.kubeconfig(), System.getenv(), home), secrets));
    return secrets;
  }

  /** What forgets the credentials that were learnt for images whose snapshots are gone. */
  Runnable forgettingUnused(SnapshotStore store) {
    return cri.isEmpty()
        ? () -> {}
        : new UnusedCredentials(cri.get().learnt(), new SnapshotImages(store))::forget;
  }

  /**
   * CRI's image service, on the daemon's socket unless it has one of its own.
   *
   * @param address the daemon's socket
   * @param calls runs the calls of a socket of its own
   * @param offer what the daemon's socket offers otherwise
   * @return what it offers now
   * @throws IOException if the socket can't be made
   */
  UnixSocketServer.Offer serveImages(
      Path address, ExecutorService calls, UnixSocketServer.Offer offer) throws IOException {
    if (cri.isEmpty()) {
      return offer;
    }
    Keychains.Cri configured = cri.get().configured();
    ImageServiceProxy proxy =
        daemon.add(ImageServiceProxy.to(configured.containerd(), cri.get().learnt()));
    Path own = configured.address().orElse(address);
    log.atInfo()
        .addKeyValue("address", own)
        .addKeyValue("containerd", configured.containerd())
        .log("passing CRI's image service on, to learn credentials");
    if (own.equals(address)) {
      return offer.with(proxy);
    }
    var _ = daemon.add(UnixSocketServer.start(own, calls, UnixSocketServer.Offer.of().with(proxy)));
    return offer;
  }
}
