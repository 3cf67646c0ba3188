package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.build.BuiltLayer;
import io.loadstar.convert.LayerReport.Blob;
import io.loadstar.convert.LayerReport.State;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.MediaTypes;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A layer in the form that the converted image has it. Immutable. */
sealed interface ConvertedLayer
    permits ConvertedLayer.Rewritten, ConvertedLayer.Kept, ConvertedLayer.Untouched, LayerRecord {

  /** The descriptor that takes the place of {@code layer}. */
  Descriptor describe(Descriptor layer);

  /** The DiffID that takes the place of {@code diffId}. */
  Digest diffId(Digest diffId);

  LayerReport report(Descriptor layer);

  /** The digest that takes the place of the blob's. */
  default Digest after(Digest before) {
    return before;
  }

  /** The layer of a TOC image that belongs to this one, where its TOC isn't in itself. */
  default Optional<ByteBuffer> externalToc() {
    return Optional.empty();
  }

  /** Prioritized paths that the layer doesn't have. */
  default List<String> missed() {
    return List.of();
  }

  /** It was rewritten. */
  record Rewritten(BuiltLayer built) implements ConvertedLayer {

    @Override
    public Descriptor describe(Descriptor layer) {
      boolean zstd = built.format().isZstd();
      Descriptor described =
          layer
              .withMediaType(zstd ? MediaTypes.OCI_LAYER_ZSTD : MediaTypes.OCI_LAYER_GZIP)
              .withContent(built.digest(), built.size());
      for (String annotation : TocAnnotations.ALL) {
        described = described.withoutAnnotation(annotation);
      }
      for (Map.Entry<String, String> annotation : TocAnnotations.of(built).entrySet()) {
        described = described.withAnnotation(annotation.getKey(), annotation.getValue());
      }
      return described;
    }

    @Override
    public Digest after(Digest before) {
      return built.digest();
    }

    @Override
    public Optional<ByteBuffer> externalToc() {
      return built.toc().external();
    }

    @Override
    public Digest diffId(Digest diffId) {
      return built.diffId();
    }

    @Override
    public LayerReport report(Descriptor layer) {
      return new LayerReport(
          State.CONVERTED,
          new Blob(layer.digest(), layer.size()),
          new Blob(built.digest(), built.size()),
          Optional.of(built.tocDigest()));
    }

    @Override
    public List<String> missed() {
      return built.missed();
    }
  }

  /**
   * It was in the wanted format already.
   *
   * @param externalToc read-only
   */
  record Kept(Digest tocDigest, Optional<ByteBuffer> externalToc) implements ConvertedLayer {

    @Override
    public Descriptor describe(Descriptor layer) {
      return layer.withMediaType(MediaTypes.toOci(layer.mediaType()));
    }

    @Override
    public Digest diffId(Digest diffId) {
      return diffId;
    }

    @Override
    public LayerReport report(Descriptor layer) {
      Blob same = new Blob(layer.digest(), layer.size());
      return new LayerReport(State.KEPT, same, same, Optional.of(tocDigest));
    }
  }

  /** It is nothing that could be converted. */
  record Untouched() implements ConvertedLayer {

    @Override
    public Descriptor describe(Descriptor layer) {
      return layer.withMediaType(MediaTypes.toOci(layer.mediaType()));
    }

    @Override
    public Digest diffId(Digest diffId) {
      return diffId;
    }

    @Override
    public LayerReport report(Descriptor layer) {
      Blob same = new Blob(layer.digest(), layer.size());
      return new LayerReport(State.UNTOUCHED, same, same, Optional.empty());
    }
  }
}
