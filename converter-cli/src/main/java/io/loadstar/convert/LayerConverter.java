package io.loadstar.convert;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.build.BuiltLayer;
import io.loadstar.build.LayerBuilder;
import io.loadstar.format.LayerBlob;
import io.loadstar.layout.LayoutException;
import io.loadstar.node.NodeImageException;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.MediaTypes;
import io.loadstar.registry.RegistryException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicReference;

/**
 * Makes layers lazy, one at a time, and brings them to the destination. Thread-safe. The source's
 * bytes are verified against the layer's digest as they are read; nothing of a layer that fails is
 * stored.
 */
final class LayerConverter {

  private final ConversionJob job;
  private final LayerBuilder builder;
  private final BlobTransfer transfer;

  LayerConverter(ConversionJob job, LayerBuilder builder, BlobTransfer transfer) {
    this.job = job;
    this.builder = builder;
    this.transfer = transfer;
  }

  ConvertedLayer convert(Descriptor layer) throws IOException {
    boolean untouched =
        !MediaTypes.isLayer(layer.mediaType()) || MediaTypes.isForeignLayer(layer.mediaType());
    Optional<Digest> toc = untouched ? Optional.empty() : validToc(layer);
    ConvertedLayer converted;
    boolean kept = toc.isPresent() && job.options().lazyLayers() == LazyLayers.KEEP;
    if (kept && !job.options().buildOf(layer.digest()).prioritized().paths().isEmpty()) {
      job.listener()
          .notice(
              "layer "
                  + layer.digest()
                  + " is eStargz already and keeps its order (--force lays it out anew)");
    }
    if (untouched || kept) {
      transfer.copy(layer);
      converted =
          untouched ? new ConvertedLayer.Untouched() : new ConvertedLayer.Kept(toc.orElseThrow());
    } else {
      Optional<LayerRecord> before = convertedBefore(layer);
      converted = before.isPresent() ? before.get() : rewrite(layer);
    }
    job.listener().arrived(layer);
    job.listener().layerDone(converted.report(layer));
    return converted;
  }

  /** The digest of the layer's TOC, if it says that it is eStargz and is. */
  private Optional<Digest> validToc(Descriptor layer) throws IOException {
    String claimed = layer.annotations().get(ConvertedLayer.TOC_DIGEST);
    if (claimed == null || !MediaTypes.toOci(layer.mediaType()).equals(MediaTypes.OCI_LAYER_GZIP)) {
      return Optional.empty();
    }
    try (BlobSource blob = job.source().openBlob(layer)) {
      Digest digest = Digest.parse(claimed);
      LayerBlob.open(blob).toc().verify(digest);
      return Optional.of(digest);
    } catch (IllegalArgumentException
        | UnsupportedBlobException
        | MalformedBlobException
        | DigestMismatchException e) {
      job.listener()
          .notice(
              "layer " + layer.digest() + " isn't the eStargz it says it is: " + e.getMessage());
      return Optional.empty();
    }
  }

  /** What the layer became once, if the destination has that and it is what the record says. */
  private Optional<LayerRecord> convertedBefore(Descriptor layer) throws IOException {
    Optional<LayerRecord> found =
        job.options().records().find(layer, job.options().buildOf(layer.digest()));
    if (found.isEmpty() || !transfer.isPresent(found.get().blob())) {
      return Optional.empty();
    }
    try (BlobSource blob = job.destination().openBlob(found.get().blob())) {
      LayerBlob.open(blob).toc().verify(found.get().tocDigest());
      return found;
    } catch (UnsupportedBlobException | MalformedBlobException | DigestMismatchException e) {
      job.listener()
          .notice(
              "layer "
                  + layer.digest()
                  + " is converted again: what it became isn't what it was: "
                  + e.getMessage());
      return Optional.empty();
    }
  }

  private ConvertedLayer rewrite(Descriptor layer) throws IOException {
    Path file = job.options().workDirectory().resolve(layer.digest().hex());
    try {
      BuiltLayer built = build(layer, file);
      ConvertedLayer.Rewritten converted = new ConvertedLayer.Rewritten(built);
      transfer.put(converted.describe(layer), BlobContent.of(file));
      job.options()
          .records()
          .keep(layer, job.options().buildOf(layer.digest()), LayerRecord.of(layer, converted));
      return converted;
    } finally {
      Files.deleteIfExists(file);
    }
  }

  private BuiltLayer build(Descriptor layer, Path file) throws IOException {
    AtomicReference<BuiltLayer> built = new AtomicReference<>();
    job.listener().readStarted(layer);
    try (BlobSource blob = job.source().openBlob(layer)) {
      blob.readRanges(
          List.of(new ByteRange(0, layer.size())),
          (range, bytes) -> built.set(buildVerified(layer, bytes, file)));
    } finally {
      job.listener().readEnded(layer);
    }
    return built.get();
  }

  private BuiltLayer buildVerified(Descriptor layer, InputStream bytes, Path file)
      throws IOException {
    VerifiedStream verified =
        new VerifiedStream(bytes, layer, count -> job.listener().read(layer, count));
    try {
      BuiltLayer built = builder.build(verified, file, job.options().buildOf(layer.digest()));
      verified.verify();
      return built;
    } catch (RegistryException
        | LayoutException
        | NodeImageException
        | FileSystemException
        | InterruptedIOException
        | DigestMismatchException e) {
      throw e;
    } catch (IOException e) {
      // What was damaged on its way isn't malformed: that is found out first.
      verified.verify();
      throw new ConversionException(
          "layer " + layer.digest() + " of " + job.name() + " can't be converted: " + said(e), e);
    }
  }

  private static String said(IOException e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
