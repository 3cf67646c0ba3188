package io.loadstar.convert;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.blob.UnsupportedBlobException;
import io.loadstar.build.BuiltLayer;
import io.loadstar.build.LayerBuilder;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.ExternalTocs;
import io.loadstar.format.LayerBlob;
import io.loadstar.layout.LayoutException;
import io.loadstar.node.NodeImageException;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.TocImage;
import io.loadstar.registry.RegistryException;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
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

  ConvertedLayer convert(Descriptor layer, Digest diffId) throws IOException {
    ConvertedLayer converted = converted(layer, diffId);
    job.listener().arrived(layer);
    job.listener().layerDone(converted.report(layer));
    return converted;
  }

  private ConvertedLayer converted(Descriptor layer, Digest diffId) throws IOException {
    if (!MediaTypes.isLayer(layer.mediaType()) || MediaTypes.isForeignLayer(layer.mediaType())) {
      transfer.copy(layer);
      return new ConvertedLayer.Untouched();
    }
    if (job.options().lazyLayers() == LazyLayers.KEEP) {
      Optional<ConvertedLayer.Kept> kept = inWantedFormat(layer);
      if (kept.isPresent()) {
        tellOrder(layer);
        transfer.copy(layer);
        return kept.get();
      }
    }
    Optional<LayerRecord> before = convertedBefore(layer);
    return before.isPresent() ? before.get() : rewrite(layer, diffId);
  }

  private void tellOrder(Descriptor layer) {
    if (!job.options().buildOf(layer.digest()).prioritized().paths().isEmpty()) {
      job.listener()
          .notice(
              "layer "
                  + layer.digest()
                  + " is lazy already and keeps its order (--force lays it out anew)");
    }
  }

  /** The layer as it is, if it says that it is in a format such as the wanted, and is. */
  private Optional<ConvertedLayer.Kept> inWantedFormat(Descriptor layer) throws IOException {
    String claimed = layer.annotations().get(TocAnnotations.TOC_DIGEST);
    if (claimed == null) {
      return Optional.empty();
    }
    AtomicReference<ByteBuffer> external = new AtomicReference<>();
    ExternalTocs tocs = TocImage.of(job.source());
    try (BlobSource blob = job.source().openBlob(layer)) {
      Digest digest = Digest.parse(claimed);
      LayerBlob opened =
          LayerBlob.open(
              blob,
              each -> {
                byte[] toc = tocs.find(each);
                external.set(ByteBuffer.wrap(toc).asReadOnlyBuffer());
                return toc;
              });
      opened.toc().verify(digest);
      boolean wanted = opened.format().getClass() == job.options().build().format().getClass();
      return wanted
          ? Optional.of(new ConvertedLayer.Kept(digest, Optional.ofNullable(external.get())))
          : Optional.empty();
    } catch (IllegalArgumentException
        | UnsupportedBlobException
        | MalformedBlobException
        | DigestMismatchException e) {
      job.listener()
          .notice("layer " + layer.digest() + " isn't the lazy one it says it is: " + said(e));
      return Optional.empty();
    }
  }

  /** What the layer became once, if the destination has that and it is what the record says. */
  private Optional<LayerRecord> convertedBefore(Descriptor layer) throws IOException {
    if (job.options().build().format() instanceof BlobFormat.ExternalToc) {
      return Optional.empty(); // its TOC isn't kept anywhere that could be relied on
    }
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

  private ConvertedLayer rewrite(Descriptor layer, Digest diffId) throws IOException {
    Path file = job.options().workDirectory().resolve(layer.digest().hex());
    try {
      BuiltLayer built = build(layer, file);
      if (job.options().build().lossless() && !built.diffId().equals(diffId)) {
        throw new ConversionException(
            "layer "
                + layer.digest()
                + " of "
                + job.name()
                + " can't be kept as it is: the image's config says that it is "
                + diffId
                + " uncompressed, it is "
                + built.diffId());
      }
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

  private static String said(Exception e) {
    return e.getMessage() == null ? e.toString() : e.getMessage();
  }
}
