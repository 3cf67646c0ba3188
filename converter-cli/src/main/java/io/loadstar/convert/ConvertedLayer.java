package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.build.BuiltLayer;
import io.loadstar.convert.LayerReport.Blob;
import io.loadstar.convert.LayerReport.State;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.MediaTypes;
import java.util.List;
import java.util.Optional;

/** A layer in the form that the converted image has it. Immutable. */
sealed interface ConvertedLayer
    permits ConvertedLayer.Rewritten, ConvertedLayer.Kept, ConvertedLayer.Untouched, LayerRecord {

  /** The peer's name for the digest of the TOC, by which the snapshotter verifies the layer. */
  String TOC_DIGEST = "containerd.io/snapshot/stargz/toc.digest";

  /** Bytes of the uncompressed blob, with the TOC; other tools show them. */
  String UNCOMPRESSED_SIZE = "io.containers.estargz.uncompressed-size";

  /** Annotations that speak of the old bytes of a zstd:chunked layer. */
  List<String> STALE =
      List.of(
          "io.containers.zstd-chunked.manifest-checksum",
          "io.containers.zstd-chunked.manifest-position",
          "io.github.containers.zstd-chunked.manifest-checksum",
          "io.github.containers.zstd-chunked.manifest-position",
          "io.github.containers.zstd-chunked.tarsplit-checksum",
          "io.github.containers.zstd-chunked.tarsplit-position");

  /** The descriptor that takes the place of {@code layer}. */
  Descriptor describe(Descriptor layer);

  /** The DiffID that takes the place of {@code diffId}. */
  Digest diffId(Digest diffId);

  LayerReport report(Descriptor layer);

  /** Prioritized paths that the layer doesn't have. */
  default List<String> missed() {
    return List.of();
  }

  /** It was rewritten. */
  record Rewritten(BuiltLayer built) implements ConvertedLayer {

    @Override
    public Descriptor describe(Descriptor layer) {
      Descriptor described =
          layer.withMediaType(MediaTypes.OCI_LAYER_GZIP).withContent(built.digest(), built.size());
      for (String annotation : STALE) {
        described = described.withoutAnnotation(annotation);
      }
      return described
          .withAnnotation(TOC_DIGEST, built.tocDigest().toString())
          .withAnnotation(UNCOMPRESSED_SIZE, Long.toString(built.uncompressedSize()));
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

  /** It was eStargz already. */
  record Kept(Digest tocDigest) implements ConvertedLayer {

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
