package io.loadstar.remote;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.UnverifiedToc;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.OverlayView;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.oci.ImageReference;
import io.loadstar.snapshot.NotLazyException;
import io.loadstar.toc.Toc;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns what labels say into layers that can be mounted. Thread-safe; the threads belong to who
 * made it.
 *
 * <p>An image's layers are asked for one after the other, each after the one before has been
 * mounted. So the first brings the others along: they are opened at the same time, at most {@value
 * #MAX_AT_ONCE} at once, and kept until they are asked for, or two minutes. Only their bytes are
 * kept: what the manifest promises of their TOCs isn't known before, and nothing is read that could
 * still be another's.
 */
public final class LayerResolver {

  private static final Logger log = LoggerFactory.getLogger(LayerResolver.class);

  private static final int MAX_AT_ONCE = 8;
  private static final Duration KEPT_FOR = Duration.ofMinutes(2);

  /** Bytes of TOCs that are kept before they are asked for. */
  private static final long MAX_KEPT_BYTES = 64L << 20;

  private final LayerOpener opener;
  private final Terms terms;
  private final Threads threads;
  private final LongAdder unverified = new LongAdder();
  private final Semaphore atOnce = new Semaphore(MAX_AT_ONCE);
  private final AsyncCache<Blob, Opening> openings;

  /**
   * @param network a thread for each task: they wait for registries
   * @param computing as many as there are cores: they parse and hash
   */
  public record Threads(ExecutorService network, ExecutorService computing) {}

  private record Blob(String repository, Digest layer) {}

  /** How it ended. */
  private sealed interface Opening {
    record Lazy(LayerOpener.Opened opened) implements Opening {}

    record Ordinary(UnsupportedBlobException reason) implements Opening {}

    /** That may be another time: it is tried again when the layer is asked for. */
    record Failed(IOException reason) implements Opening {}
  }

  /**
   * What layers are resolved to.
   *
   * @param verification what is asked of TOCs
   * @param timeout how long a layer may take to be opened
   * @param xattrs where overlayfs looks for its notes
   */
  public record Terms(Verification verification, Duration timeout, OverlayXattrs xattrs) {}

  /**
   * @param opener opens blobs
   */
  public LayerResolver(LayerOpener opener, Terms terms, Threads threads) {
    this.opener = opener;
    this.terms = terms;
    this.threads = threads;
    this.openings =
        Caffeine.newBuilder()
            .expireAfterWrite(KEPT_FOR)
            .maximumWeight(MAX_KEPT_BYTES)
            .weigher(LayerResolver::weight)
            .scheduler(Scheduler.systemScheduler())
            .executor(threads.computing())
            .buildAsync();
  }

  private static int weight(Blob blob, Opening opening) {
    return switch (opening) {
      case Opening.Lazy(LayerOpener.Opened opened) ->
          1
              + opened.blob().toc().json().remaining()
              + opened.blob().compressedToc().bytes().remaining();
      case Opening.Ordinary _, Opening.Failed _ -> 1;
    };
  }

  /**
   * Opens a layer and verifies its TOC, and begins to open its neighbours.
   *
   * @throws NotLazyException if it can't be mounted lazily, or couldn't be opened in time
   */
  ResolvedLayer resolve(LayerSource source) throws NotLazyException {
    requirePromise(source);
    Blob blob = new Blob(source.image().name(), source.layer());
    boolean ahead = openings.getIfPresent(blob) != null;
    CompletableFuture<Opening> own = open(blob, source.image());
    for (Digest neighbour : source.neighbours()) {
      var _ = openAhead(new Blob(source.image().name(), neighbour), source.image());
    }
    Opening opening = await(own, source);
    if (opening instanceof Opening.Failed && ahead) {
      openings.synchronous().invalidate(blob);
      opening = await(open(blob, source.image()), source);
    }
    return switch (opening) {
      case Opening.Failed(IOException reason) -> {
        openings.synchronous().invalidate(blob);
        throw new NotLazyException(source.toString(), reason);
      }
      case Opening.Ordinary(UnsupportedBlobException reason) ->
          throw new NotLazyException(source.toString(), reason);
      case Opening.Lazy(LayerOpener.Opened opened) -> {
        Facts facts =
            new Facts(opened.blob().tocOffset(), opened.blob().format(), opened.blob().toc());
        yield resolved(source, facts, opened.source());
      }
    };
  }

  /**
   * Begins to open layers that will be asked for, in turn.
   *
   * @param image the image that they will be asked for with
   */
  void expect(ImageReference image, List<Digest> layers) {
    for (Digest layer : layers) {
      var _ = openAhead(new Blob(image.name(), layer), image);
    }
  }

  /**
   * Whether one of the layers that will be asked for next can be read lazily, as far as its blob
   * shows. They are opened for that, at once, and then kept until they are asked for.
   */
  boolean isAnyLazy(LayerSource source) {
    List<CompletableFuture<Opening>> above = new ArrayList<>();
    for (Digest neighbour : source.neighbours()) {
      above.add(openAhead(new Blob(source.image().name(), neighbour), source.image()));
    }
    long deadline = System.nanoTime() + terms.timeout.toNanos();
    for (CompletableFuture<Opening> opening : above) {
      if (isLazy(opening, Math.max(0, deadline - System.nanoTime()))) {
        return true;
      }
    }
    return false;
  }

  /** The layers that will be asked for next and can't be read lazily, as far as that is known. */
  List<Digest> ordinaryAbove(LayerSource source) {
    return source.neighbours().stream()
        .filter(neighbour -> {
          CompletableFuture<Opening> opening =
              openings.getIfPresent(new Blob(source.image().name(), neighbour));
          return opening != null && opening.getNow(null) instanceof Opening.Ordinary;
        })
        .toList();
  }

  private static boolean isLazy(CompletableFuture<Opening> opening, long nanos) {
    try {
      return opening.get(nanos, TimeUnit.NANOSECONDS) instanceof Opening.Lazy;
    } catch (TimeoutException | ExecutionException e) {
      return false; // It isn't known to be.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /**
   * Makes a layer of what was kept of it: asks no registry.
   *
   * @throws NotLazyException if what was kept isn't what the labels promise
   */
  LazyLayer.Content restore(LayerSource source, KeptLayers.Kept kept) throws NotLazyException {
    requirePromise(source);
    BlobSource blob = opener.reopen(source.image(), source.layer(), kept.blobSize());
    return switch (kept.contents()) {
      case KeptLayers.Contents.Document(UnverifiedToc toc) ->
          resolved(source, new Facts(kept.tocOffset(), kept.format(), toc), blob).content();
      case KeptLayers.Contents.Index(LayerTree tree, Digest tocDigest) -> {
        requirePromised(source, tree, tocDigest);
        yield new LazyLayer.Content(tree, kept.format(), blob);
      }
    };
  }

  /** The same that is asked of a TOC, of what was made of it. */
  private void requirePromised(LayerSource source, LayerTree tree, Digest tocDigest)
      throws NotLazyException {
    Digest promised = source.tocDigest();
    if (asked(source) != Verification.DISABLED && promised != null && !promised.equals(tocDigest)) {
      throw new NotLazyException(source + ": what is kept is of the TOC " + tocDigest);
    }
    if (asked(source) == Verification.REQUIRED && tree.unverifiableChunks() > 0) {
      throw new NotLazyException(
          source + ": " + tree.unverifiableChunks() + " chunks have no digest");
    }
    noteUnverified(source, tree);
  }

  /** It takes both, configuration and label, to ask less than all. */
  private Verification asked(LayerSource source) {
    return source.asked().mayBeUnverified() ? terms.verification : Verification.REQUIRED;
  }

  private void noteUnverified(LayerSource source, LayerTree tree) {
    if (isPromiseKept(source) && tree.unverifiableChunks() == 0) {
      return;
    }
    unverified.increment();
    log.atWarn()
        .addKeyValue("layer", source.layer())
        .addKeyValue("image", source.image())
        .addKeyValue("chunksWithoutDigest", tree.unverifiableChunks())
        .log("the layer isn't verified, as configuration and labels allow");
  }

  private boolean isPromiseKept(LayerSource source) {
    return source.tocDigest() != null && asked(source) != Verification.DISABLED;
  }

  /** Where overlayfs looks for its notes. */
  OverlayXattrs xattrs() {
    return terms.xattrs;
  }

  /** How often a layer was taken that isn't verified. */
  long unverified() {
    return unverified.sum();
  }

  /** Lets go of what was kept of a layer for its Prepare. */
  void forget(LayerSource source) {
    openings.synchronous().invalidate(new Blob(source.image().name(), source.layer()));
  }

  private CompletableFuture<Opening> open(Blob blob, ImageReference image) {
    return openings.get(
        blob,
        (key, executor) ->
            CompletableFuture.supplyAsync(() -> openNow(key, image), threads.network()));
  }

  /** As above, in turn: what somebody waits for is never kept waiting by what nobody does yet. */
  private CompletableFuture<Opening> openAhead(Blob blob, ImageReference image) {
    return openings.get(
        blob,
        (key, executor) ->
            CompletableFuture.supplyAsync(() -> openInTurn(key, image), threads.network()));
  }

  private Opening openInTurn(Blob blob, ImageReference image) {
    atOnce.acquireUninterruptibly();
    try {
      return openNow(blob, image);
    } finally {
      atOnce.release();
    }
  }

  private Opening openNow(Blob blob, ImageReference image) {
    try {
      return new Opening.Lazy(opener.open(image, blob.layer()));
    } catch (UnsupportedBlobException e) {
      return new Opening.Ordinary(e);
    } catch (IOException e) {
      return new Opening.Failed(e);
    }
  }

  private <T> T await(CompletableFuture<T> future, LayerSource source) throws NotLazyException {
    try {
      return future.get(terms.timeout.toMillis(), TimeUnit.MILLISECONDS);
    } catch (TimeoutException e) {
      throw new NotLazyException(
          source + ": not opened within " + terms.timeout.toSeconds() + " s");
    } catch (ExecutionException e) {
      throw new NotLazyException(source.toString(), e.getCause() == null ? e : e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new NotLazyException(source + ": interrupted");
    }
  }

  private void requirePromise(LayerSource source) throws NotLazyException {
    if (source.tocDigest() == null && asked(source) == Verification.REQUIRED) {
      throw new NotLazyException(
          source
              + ": no TOC digest in the labels; convert the image to eStargz, or see"
              + " allow_no_verification");
    }
  }

  private ResolvedLayer resolved(LayerSource source, Facts facts, BlobSource blob)
      throws NotLazyException {
    LayerTree tree =
        await(
            CompletableFuture.supplyAsync(() -> tree(source, facts), threads.computing()), source);
    LazyLayer.Content content = new LazyLayer.Content(tree, facts.format(), blob);
    return new ResolvedLayer(content, facts.toc(), facts.tocOffset());
  }

  private LayerTree tree(LayerSource source, Facts facts) {
    try {
      LayerTree tree = LayerTree.of(verified(source, facts.toc()), facts.tocOffset());
      if (asked(source) == Verification.REQUIRED && tree.unverifiableChunks() > 0) {
        throw new UnsupportedBlobException(
            tree.unverifiableChunks() + " chunks have no digest; see allow_no_verification");
      }
      noteUnverified(source, tree);
      return OverlayView.of(tree, terms.xattrs);
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }

  private Toc verified(LayerSource source, UnverifiedToc toc) throws IOException {
    Digest promised = source.tocDigest();
    return promised == null || asked(source) == Verification.DISABLED
        ? toc.acceptUnverified()
        : toc.verify(promised);
  }

  /** What is known of a blob. */
  private record Facts(long tocOffset, BlobFormat format, UnverifiedToc toc) {}
}
