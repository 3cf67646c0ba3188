package io.loadstar.remote;

import io.loadstar.format.UnverifiedToc;
import io.loadstar.layer.LayerTree;
import io.loadstar.layer.OverlayView;
import io.loadstar.layer.OverlayXattrs;
import java.io.IOException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;

/**
 * What a mount of a layer would show, made of its TOC when it is first wanted, and once.
 * Thread-safe.
 *
 * <p>Making it needs nobody's promise: whoever shows it to others has compared the TOC's digest
 * with what was promised, as {@link LayerResolver} does.
 */
final class LayerView {

  private final UnverifiedToc toc;
  private final long tocOffset;
  private final OverlayXattrs xattrs;
  private final Object lock = new Object();
  private @Nullable CompletableFuture<LayerTree> made;

  /**
   * @param tocOffset where in the blob the TOC starts
   * @param xattrs where overlayfs looks for its notes
   */
  LayerView(UnverifiedToc toc, long tocOffset, OverlayXattrs xattrs) {
    this.toc = toc;
    this.tocOffset = tocOffset;
    this.xattrs = xattrs;
  }

  /**
   * The view, which begins to be made unless it was begun before. Fails with an {@link IOException}
   * if the TOC is none.
   *
   * @param executor on which it is made
   */
  CompletableFuture<LayerTree> begin(Executor executor) {
    synchronized (lock) {
      CompletableFuture<LayerTree> begun = made;
      if (begun == null) {
        begun = CompletableFuture.supplyAsync(this::make, executor);
        made = begun;
      }
      return begun;
    }
  }

  /** How much is parsed for it, in bytes. */
  int tocBytes() {
    return toc.json().remaining();
  }

  private LayerTree make() {
    try {
      return OverlayView.of(toc.acceptUnverified(), tocOffset, xattrs);
    } catch (IOException e) {
      throw new CompletionException(e);
    }
  }
}
