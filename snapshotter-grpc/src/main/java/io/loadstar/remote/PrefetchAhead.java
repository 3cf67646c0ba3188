package io.loadstar.remote;

import io.loadstar.cache.SharingDomain;
import io.loadstar.layer.LandmarkGlance;
import io.loadstar.lazy.HeadStart;
import io.loadstar.lazy.LazyNode;
import io.loadstar.oci.ImageReference;
import java.util.Optional;

/** Begins to prefetch layers of which the end has come and nothing is known yet. Thread-safe. */
@FunctionalInterface
public interface PrefetchAhead {

  /** Begins nothing. */
  PrefetchAhead NONE = (_, _) -> HeadStart.NONE;

  /** A longer TOC, in bytes, isn't looked into. */
  int MAX_TOC_BYTES = 8 << 20;

  /** Returns at once; whoever gets it hands it on or closes it. */
  HeadStart begin(ImageReference image, LayerOpener.Opened layer);

  /** For layers that are opened with {@code node}. */
  static PrefetchAhead by(LazyNode node) {
    return (image, layer) -> {
      if (layer.blob().toc().json().remaining() > MAX_TOC_BYTES) {
        return HeadStart.NONE;
      }
      Optional<LandmarkGlance> seen = LandmarkGlance.at(layer.blob().toc().json());
      return seen.isEmpty()
          ? HeadStart.NONE
          : node.headStart(
              layer.source(), SharingDomain.ofRegistry(image.host()), seen.orElseThrow());
    };
  }
}
