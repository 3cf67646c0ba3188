package io.loadstar.remote;

import com.github.benmanes.caffeine.cache.AsyncCache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.loadstar.blob.Digest;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.format.LayerBlob;
import io.loadstar.layer.OverlayXattrs;
import io.loadstar.lazy.HeadStart;
import io.loadstar.oci.ImageReference;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Blobs that are being opened, or were and haven't been asked for yet. Thread-safe; the threads
 * belong to who made it.
 *
 * <p>An image's layers are asked for one after the other, each after the one before has been
 * mounted. So the first brings the others along: they are opened at the same time, at most {@value
 * #MAX_AT_ONCE} at once, and kept until they are asked for, or two minutes. Only their bytes are
 * kept, and of the next few what a mount would show: what the manifest promises of their TOCs isn't
 * known before, so nobody is shown anything yet.
 */
final class OpenedBlobs {

  private static final int MAX_AT_ONCE = 8;

  /**
   * Of how many layers the view is made before it is asked for: as many as one layer's Prepare
   * takes the time for, and few enough that they needn't be counted.
   */
  private static final int VIEWS_AHEAD = 2;

  /** A longer TOC, in bytes, waits for its Prepare: parsed it takes several times its room. */
  private static final int MAX_TOC_AHEAD = 8 << 20;

  private static final Duration KEPT_FOR = Duration.ofMinutes(2);

  /** Bytes of TOCs that are kept before they are asked for. */
  private static final long MAX_KEPT_BYTES = 64L << 20;

  private final LayerOpener opener;
  private final PrefetchAhead prefetch;
  private final OverlayXattrs xattrs;
  private final LayerResolver.Threads threads;
  private final Semaphore atOnce = new Semaphore(MAX_AT_ONCE);
  private final AsyncCache<Blob, Opening> openings;

  private record Blob(String repository, Digest layer) {

    static Blob of(LayerSource source) {
      return new Blob(source.image().name(), source.layer());
    }
  }

  /**
   * A layer to be opened.
   *
   * @param layer its blob
   * @param tailBytes how much of its end is asked for first
   */
  record Wanted(Digest layer, int tailBytes) {}

  /** Layers of which nobody has said how large they are. */
  static List<Wanted> ofUnknownSize(List<Digest> layers) {
    return layers.stream().map(layer -> new Wanted(layer, LayerBlob.TAIL_BYTES)).toList();
  }

  /** How it ended. */
  sealed interface Opening {
    /**
     * @param begun what of its prefetch is on its way; known long before the view is made
     */
    record Lazy(LayerOpener.Opened opened, LayerView view, CompletableFuture<HeadStart> begun)
        implements Opening {

      /** For who doesn't prefetch it. */
      void dropBegun() {
        var _ = begun.thenAccept(HeadStart::close);
      }
    }

    record Ordinary(UnsupportedBlobException reason) implements Opening {}

    /** That may be another time: it is tried again when the layer is asked for. */
    record Failed(IOException reason) implements Opening {}
  }

  /**
   * @param xattrs where overlayfs looks for its notes
   */
  OpenedBlobs(LayerResolver.Layers layers, OverlayXattrs xattrs, LayerResolver.Threads threads) {
    this.opener = layers.opener();
    this.prefetch = layers.prefetch();
    this.xattrs = xattrs;
    this.threads = threads;
    this.openings =
        Caffeine.newBuilder()
            .expireAfterWrite(KEPT_FOR)
            .maximumWeight(MAX_KEPT_BYTES)
            .weigher(OpenedBlobs::weight)
            .scheduler(Scheduler.systemScheduler())
            .executor(threads.computing())
            .buildAsync();
  }

  private static int weight(Blob blob, Opening opening) {
    return switch (opening) {
      case Opening.Lazy(LayerOpener.Opened opened, _, _) ->
          1
              + opened.blob().toc().json().remaining()
              + opened.blob().compressedToc().bytes().remaining();
      case Opening.Ordinary _, Opening.Failed _ -> 1;
    };
  }

  /** Whether somebody has begun to open it; it may have failed since. */
  boolean isBegun(LayerSource source) {
    return openings.getIfPresent(Blob.of(source)) != null;
  }

  /** Begins to open a layer's blob, if that hasn't been begun. */
  CompletableFuture<Opening> open(LayerSource source) {
    return openings.get(
        Blob.of(source),
        (key, executor) ->
            CompletableFuture.supplyAsync(
                () -> openNow(source.image(), new Wanted(source.layer(), LayerBlob.TAIL_BYTES)),
                threads.network()));
  }

  /**
   * Begins to open layers' blobs, in turn: what somebody waits for is never kept waiting by what
   * nobody does yet.
   *
   * <p>Of the first of them the view is made as well.
   *
   * @param image the image that they will be asked for with
   */
  List<CompletableFuture<Opening>> openAhead(ImageReference image, List<Wanted> layers) {
    List<CompletableFuture<Opening>> begun = new ArrayList<>();
    for (Wanted wanted : layers) {
      begun.add(
          openings.get(
              new Blob(image.name(), wanted.layer),
              (key, executor) ->
                  CompletableFuture.supplyAsync(
                      () -> openInTurn(image, wanted), threads.network())));
    }
    for (CompletableFuture<Opening> opening :
        begun.subList(0, Math.min(VIEWS_AHEAD, begun.size()))) {
      var _ = opening.thenAccept(this::viewAhead);
    }
    return begun;
  }

  /**
   * Whether one of these layers can be read lazily, as far as its blob shows. They are opened for
   * that, at once, and then kept until they are asked for.
   *
   * @param timeout after which what isn't known to be lazy isn't
   */
  boolean isAnyLazy(ImageReference image, List<Digest> layers, Duration timeout) {
    List<CompletableFuture<Opening>> begun = openAhead(image, ofUnknownSize(layers));
    long deadline = System.nanoTime() + timeout.toNanos();
    for (CompletableFuture<Opening> opening : begun) {
      if (isLazy(opening, Math.max(0, deadline - System.nanoTime()))) {
        return true;
      }
    }
    return false;
  }

  /** Those of these layers that can't be read lazily, as far as that is known. */
  List<Digest> ordinary(ImageReference image, List<Digest> layers) {
    return layers.stream()
        .filter(layer -> {
          CompletableFuture<Opening> opening = openings.getIfPresent(new Blob(image.name(), layer));
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

  /** Lets go of a layer's blob. */
  void forget(LayerSource source) {
    openings.synchronous().invalidate(Blob.of(source));
  }

  private Opening openInTurn(ImageReference image, Wanted wanted) {
    atOnce.acquireUninterruptibly();
    try {
      return openNow(image, wanted);
    } finally {
      atOnce.release();
    }
  }

  private void viewAhead(Opening opening) {
    if (opening instanceof Opening.Lazy(_, LayerView view, _) && view.tocBytes() <= MAX_TOC_AHEAD) {
      var _ = view.begin(threads.computing());
    }
  }

  private Opening openNow(ImageReference image, Wanted wanted) {
    try {
      LayerOpener.Opened opened = opener.open(image, wanted.layer, wanted.tailBytes);
      LayerBlob layer = opened.blob();
      return new Opening.Lazy(
          opened,
          new LayerView(layer.toc(), layer.tocOffset(), xattrs),
          CompletableFuture.supplyAsync(() -> prefetch.begin(image, opened), threads.network()));
    } catch (UnsupportedBlobException e) {
      return new Opening.Ordinary(e);
    } catch (IOException e) {
      return new Opening.Failed(e);
    }
  }
}
