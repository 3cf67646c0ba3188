package io.loadstar.inspect;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.format.LayerBlob;
import io.loadstar.inspect.Finding.Claim;
import io.loadstar.layer.LayerTree;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.TocImage;
import io.loadstar.tar.UnsupportedTarException;
import io.loadstar.toc.Toc;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Derives anew all that an image claims of one of its layers. Not thread-safe; used for one layer.
 *
 * <p>The blob is read twice from front to back: once as any tool would, decompressed and parsed as
 * a tar, each entry compared with the TOC's row; once as a lazy reader would, chunk by chunk by the
 * offsets in the TOC. Memory is bounded by the TOC.
 */
final class LayerVerifier {

  private static final String UNCOMPRESSED_SIZE = "io.containers.estargz.uncompressed-size";

  private final ImageSource source;
  private final Descriptor layer;
  private final Digest diffId;
  private final List<Finding> findings = new ArrayList<>();
  private final Set<Claim> checked = EnumSet.noneOf(Claim.class);

  /**
   * @param diffId what the config says the layer is uncompressed
   */
  LayerVerifier(ImageSource source, Descriptor layer, Digest diffId) {
    this.source = source;
    this.layer = layer;
    this.diffId = diffId;
  }

  /**
   * Does it.
   *
   * @throws IOException if the blob can't be read at all; what is wrong with it is in the result
   */
  VerifiedLayer verify() throws IOException {
    Optional<LayerBlob> blob = open();
    Optional<Toc> toc = blob.isEmpty() ? Optional.empty() : toc(blob.get());
    whole(toc);
    if (blob.isPresent() && toc.isPresent()) {
      chunks(blob.get(), toc.get());
    }
    findings.sort(
        Comparator.comparingLong(each -> each.offset() < 0 ? Long.MAX_VALUE : each.offset()));
    return new VerifiedLayer(
        layer, blob.map(each -> FormatName.of(each.format())), checked, findings);
  }

  private Optional<LayerBlob> open() throws IOException {
    try (BlobSource bytes = source.openBlob(layer)) {
      LayerBlob blob = LayerBlob.open(bytes, TocImage.of(source));
      checked.add(Claim.FOOTER);
      return Optional.of(blob);
    } catch (UnsupportedBlobException e) {
      if (!TocPromise.of(layer).isEmpty()) {
        found(
            Claim.FOOTER,
            Math.max(0, layer.size() - 1),
            "the manifest names a TOC, the blob has none: " + e.getMessage());
      }
    } catch (MalformedBlobException e) {
      found(Claim.FOOTER, e.offset(), e.getMessage());
    }
    return Optional.empty();
  }

  private Optional<Toc> toc(LayerBlob blob) throws IOException {
    checked.add(Claim.TOC_DIGEST);
    List<TocPromise> promises = TocPromise.of(layer);
    if (promises.isEmpty()) {
      found(Claim.TOC_DIGEST, -1, "the manifest names no TOC: nobody vouches for the layer");
    }
    for (TocPromise promise : promises) {
      promise.brokenBy(blob).ifPresent(said -> found(Claim.TOC_DIGEST, blob.tocOffset(), said));
    }
    try {
      return Optional.of(blob.toc().acceptUnverified());
    } catch (MalformedBlobException e) {
      found(Claim.TREE, e.offset(), e.getMessage());
      return Optional.empty();
    }
  }

  private void whole(Optional<Toc> toc) throws IOException {
    checked.addAll(EnumSet.of(Claim.STREAM, Claim.BLOB_DIGEST, Claim.DIFF_ID));
    RowComparison rows = new RowComparison(toc);
    LayerTar.Sums sums;
    try {
      sums = LayerTar.read(source, layer, rows);
    } catch (MalformedBlobException e) {
      found(Claim.STREAM, e.offset(), e.getMessage());
      return;
    } catch (UnsupportedTarException e) {
      found(Claim.STREAM, 0, e.getMessage());
      return;
    }
    if (toc.isPresent()) {
      checked.add(Claim.ENTRIES);
      rows.difference().ifPresent(said -> found(Claim.ENTRIES, said.offset(), said.message()));
    }
    same(Claim.BLOB_DIGEST, layer.digest(), sums.digest());
    same(Claim.DIFF_ID, diffId, sums.diffId());
    String size = layer.annotations().get(UNCOMPRESSED_SIZE);
    if (size != null) {
      checked.add(Claim.UNCOMPRESSED_SIZE);
      if (!size.equals(Long.toString(sums.uncompressedSize()))) {
        found(
            Claim.UNCOMPRESSED_SIZE,
            -1,
            "the manifest says " + size + ", it has " + sums.uncompressedSize());
      }
    }
  }

  private void chunks(LayerBlob blob, Toc toc) throws IOException {
    checked.addAll(EnumSet.of(Claim.TREE, Claim.CHUNKS));
    LayerTree tree;
    try {
      tree = LayerTree.of(toc, blob.tocOffset());
    } catch (MalformedBlobException e) {
      found(Claim.TREE, e.offset(), e.getMessage());
      return;
    }
    if (tree.unverifiableChunks() > 0) {
      found(
          Claim.CHUNKS,
          -1,
          tree.unverifiableChunks() + " chunks have no digest and can't be verified");
    }
    try (BlobSource bytes = source.openBlob(layer)) {
      ChunkPass.firstWrong(bytes, blob.format(), tree)
          .ifPresent(said -> found(Claim.CHUNKS, said.offset(), said.message()));
    }
  }

  private void same(Claim claim, Digest expected, Digest actual) {
    if (!expected.equals(actual)) {
      found(claim, -1, "said to be " + expected + ", is " + actual);
    }
  }

  private void found(Claim claim, long offset, @Nullable String message) {
    checked.add(claim);
    findings.add(new Finding(layer.digest(), claim, offset, String.valueOf(message)));
  }
}
