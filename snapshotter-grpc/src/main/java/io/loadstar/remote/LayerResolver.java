package io.loadstar.remote;

import static java.util.Objects.requireNonNull;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.LayerBlob;
import io.loadstar.format.UnverifiedToc;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.lazy.HeadStart;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageReference;
import io.loadstar.snapshot.NotLazyException;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.LongAdder;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Turns what labels say into layers that can be mounted. Thread-safe; the threads belong to who
 * made it.
 */
public final class LayerResolver {

  private static final Logger log = LoggerFactory.getLogger(LayerResolver.class);

  private final LayerOpener opener;
  private final Terms terms;
  private final Threads threads;
  private final LongAdder unverified = new LongAdder();
  private final OpenedBlobs blobs;

  /**
   * @param network a thread for each task: they wait for registries
   * @param computing as many as there are cores: they parse and hash
   */
  public record Threads(ExecutorService network, ExecutorService computing) {}

  /**
   * Where layers come from.
   *
   * @param opener opens their blobs
   * @param prefetch begins to fetch what they seem to need first
   */
  public record Layers(LayerOpener opener, PrefetchAhead prefetch) {}

  /**
   * What layers are resolved to.
   *
   * @param verification what is asked of TOCs
   * @param timeout how long a layer may take to be opened
   * @param xattrs where overlayfs looks for its notes
   */
  public record Terms(Verification verification, Duration timeout, OverlayXattrs xattrs) {}

  /**
   * @param layers where layers come from
   */
  public LayerResolver(Layers layers, Terms terms, Threads threads) {
    this.opener = layers.opener;
    this.terms = terms;
    this.threads = threads;
    this.blobs = new OpenedBlobs(layers, terms.xattrs, threads);
  }

  /**
   * Opens a layer and verifies its TOC, and begins to open its neighbours.
   *
   * @throws NotLazyException if it can't be mounted lazily, or couldn't be opened in time
   */
  ResolvedLayer resolve(LayerSource source) throws NotLazyException {
    requirePromise(source);
    boolean ahead = blobs.isBegun(source);
    CompletableFuture<OpenedBlobs.Opening> own = blobs.open(source);
    var _ = blobs.openAhead(source.image(), OpenedBlobs.ofUnknownSize(source.neighbours()));
    OpenedBlobs.Opening opening = await(own, source);
    if (opening instanceof OpenedBlobs.Opening.Failed && ahead) {
      blobs.forget(source);
      opening = await(blobs.open(source), source);
    }
    return switch (opening) {
      case OpenedBlobs.Opening.Failed(IOException reason) -> {
        blobs.forget(source);
        throw new NotLazyException(source.toString(), reason);
      }
      case OpenedBlobs.Opening.Ordinary(UnsupportedBlobException reason) ->
          throw new NotLazyException(source.toString(), reason);
      case OpenedBlobs.Opening.Lazy lazy -> resolved(source, lazy);
    };
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
          resolved(
                  source,
                  new Facts(
                      kept.tocOffset(),
                      kept.format(),
                      toc,
                      new LayerView(toc, kept.tocOffset(), terms.xattrs)),
                  blob)
              .content();
      case KeptLayers.Contents.Index(LayerTree tree, Digest tocDigest) -> {
        requirePromised(source, tree, tocDigest);
        yield new LazyLayer.Content(tree, kept.format(), blob);
      }
    };
  }

  /** The same that is asked of a TOC, of what was made of it. */
  private void requirePromised(LayerSource source, LayerTree tree, Digest tocDigest)
      throws NotLazyException {
    if (isToBeCompared(source) && !tocDigest.equals(source.tocDigest())) {
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
    if (isToBeCompared(source) && tree.unverifiableChunks() == 0) {
      return;
    }
    unverified.increment();
    log.atWarn()
        .addKeyValue("layer", source.layer())
        .addKeyValue("image", source.image())
        .addKeyValue("chunksWithoutDigest", tree.unverifiableChunks())
        .log("the layer isn't verified, as configuration and labels allow");
  }

  /** Whether a TOC's digest has to be the one that was promised. */
  private boolean isToBeCompared(LayerSource source) {
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

  /**
   * Begins to open layers that will be asked for, in turn.
   *
   * @param image the image that they will be asked for with
   * @param layers their blobs
   */
  void expect(ImageReference image, List<Descriptor> layers) {
    var _ =
        blobs.openAhead(
            image,
            layers.stream()
                .map(layer ->
                    new OpenedBlobs.Wanted(layer.digest(), LayerBlob.tailBytes(layer.size())))
                .toList());
  }

  /** {@link OpenedBlobs#isAnyLazy}, of those that will be asked for next, in one layer's time. */
  boolean isAnyLazy(LayerSource source) {
    return blobs.isAnyLazy(source.image(), source.neighbours(), terms.timeout);
  }

  /** {@link OpenedBlobs#ordinary}, of those that will be asked for next. */
  List<Digest> ordinaryAbove(LayerSource source) {
    return blobs.ordinary(source.image(), source.neighbours());
  }

  /** Lets go of what was kept of a layer for its Prepare. */
  void forget(LayerSource source) {
    blobs.forget(source);
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

  private ResolvedLayer resolved(LayerSource source, OpenedBlobs.Opening.Lazy lazy)
      throws NotLazyException {
    LayerBlob blob = lazy.opened().blob();
    Facts facts = new Facts(blob.tocOffset(), blob.format(), blob.toc(), lazy.view());
    try {
      ResolvedLayer resolved = resolved(source, facts, lazy.opened().source());
      return resolved.with(await(lazy.begun(), source));
    } catch (NotLazyException | RuntimeException e) {
      lazy.dropBegun();
      throw e;
    }
  }

  private ResolvedLayer resolved(LayerSource source, Facts facts, BlobSource blob)
      throws NotLazyException {
    try {
      if (isToBeCompared(source)) {
        facts.toc.require(requireNonNull(source.tocDigest()));
      }
      LayerTree tree = await(facts.view.begin(threads.computing()), source);
      if (asked(source) == Verification.REQUIRED && tree.unverifiableChunks() > 0) {
        throw new UnsupportedBlobException(
            tree.unverifiableChunks() + " chunks have no digest; see allow_no_verification");
      }
      noteUnverified(source, tree);
      LazyLayer.Content content = new LazyLayer.Content(tree, facts.format, blob);
      return new ResolvedLayer(content, facts.toc, facts.tocOffset, HeadStart.NONE);
    } catch (DigestMismatchException | UnsupportedBlobException e) {
      throw new NotLazyException(source.toString(), e);
    }
  }

  /** What is known of a blob. */
  private record Facts(long tocOffset, BlobFormat format, UnverifiedToc toc, LayerView view) {}
}
