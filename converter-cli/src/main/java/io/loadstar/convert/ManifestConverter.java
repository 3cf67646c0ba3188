package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.oci.BlobContent;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageConfig;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.Manifest;
import io.loadstar.oci.MediaTypes;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletionService;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorCompletionService;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * Converts the images of one conversion, one after the other. Not thread-safe. A layer that several
 * of them have, or that one has twice, is converted once.
 */
final class ManifestConverter {

  /** One is read and spooled while another is compressed. */
  private static final int LAYERS_AT_ONCE = 2;

  private final ConversionJob job;
  private final LayerConverter layerConverter;
  private final BlobTransfer transfer;
  private final Map<Digest, ConvertedLayer> done = new HashMap<>();
  private final List<ConversionReport.Image> images = new ArrayList<>();

  ManifestConverter(ConversionJob job, LayerConverter layerConverter, BlobTransfer transfer) {
    this.job = job;
    this.layerConverter = layerConverter;
    this.transfer = transfer;
  }

  /** What was converted so far. */
  List<ConversionReport.Image> images() {
    return images;
  }

  /** The TOCs that aren't in their layers, by the digest that the layer has now. */
  Map<Digest, ByteBuffer> externalTocs() {
    Map<Digest, ByteBuffer> tocs = new HashMap<>();
    done.forEach((before, layer) ->
        layer.externalToc().ifPresent(toc -> tocs.put(layer.after(before), toc)));
    return tocs;
  }

  /** Every layer that was met so far, by its digest in the source. */
  Map<Digest, ConvertedLayer> layers() {
    return done;
  }

  /**
   * Brings an image's blobs to the destination, converted.
   *
   * @return its manifest, which isn't stored yet
   */
  ImageDocument convert(ImageDocument document, Manifest manifest) throws IOException {
    // The destination is asked something before the work begins: it may not be there.
    job.destination().hasBlob(manifest.config());
    ImageConfig config = config(manifest);
    manifest.layers().forEach(job.listener()::planned);
    convertLayers(manifest.layers(), config.diffIds());
    List<Digest> diffIds = new ArrayList<>();
    List<Descriptor> layers = new ArrayList<>();
    List<LayerReport> reports = new ArrayList<>();
    for (int i = 0; i < manifest.layers().size(); i++) {
      Descriptor layer = manifest.layers().get(i);
      ConvertedLayer converted = converted(layer);
      layers.add(converted.describe(layer));
      diffIds.add(converted.diffId(config.diffIds().get(i)));
      reports.add(converted.report(layer));
    }
    Descriptor newConfig = storeConfig(manifest.config(), config, diffIds);
    Manifest changed =
        manifest
            .withMediaType(MediaTypes.toOci(manifest.mediaType()))
            .withConfig(newConfig)
            .withLayers(layers);
    ImageDocument result = orUnchanged(document, manifest, changed);
    String platform = config.platform().map(Object::toString).orElse("unknown");
    images.add(new ConversionReport.Image(platform, document.digest(), result.digest(), reports));
    return result;
  }

  /** The original's very bytes if nothing in it has changed. */
  private static ImageDocument orUnchanged(
      ImageDocument document, Manifest manifest, Manifest changed) {
    ImageDocument result = changed.toDocument();
    boolean declared = Arrays.equals(result.bytes(), manifest.toDocument().bytes());
    boolean undeclared =
        Arrays.equals(
            result.bytes(), manifest.withMediaType(manifest.mediaType()).toDocument().bytes());
    return declared || undeclared ? document : result;
  }

  private ImageConfig config(Manifest manifest) throws IOException {
    byte[] bytes = job.source().smallBlob(manifest.config());
    ImageConfig config = ImageConfig.parse(bytes, "config " + manifest.config().digest());
    if (config.diffIds().size() != manifest.layers().size()) {
      throw new ConversionException(
          job.name()
              + " can't be converted: its manifest has "
              + manifest.layers().size()
              + " layers, its config "
              + config.diffIds().size());
    }
    return config;
  }

  private Descriptor storeConfig(Descriptor old, ImageConfig config, List<Digest> diffIds)
      throws IOException {
    String mediaType = MediaTypes.toOci(old.mediaType());
    if (diffIds.equals(config.diffIds())) {
      transfer.copy(old);
      return old.withMediaType(mediaType);
    }
    ImageDocument changed = config.withDiffIds(diffIds).toDocument(mediaType);
    transfer.put(changed.descriptor(), BlobContent.of(changed.bytes()));
    return old.withMediaType(mediaType).withContent(changed.digest(), changed.descriptor().size());
  }

  private ConvertedLayer converted(Descriptor layer) {
    ConvertedLayer converted = done.get(layer.digest());
    if (converted == null) {
      throw new IllegalStateException("layer " + layer.digest() + " was left out");
    }
    return converted;
  }

  private void convertLayers(List<Descriptor> layers, List<Digest> diffIds) throws IOException {
    try (ExecutorService threads =
        Executors.newFixedThreadPool(
            LAYERS_AT_ONCE, Thread.ofVirtual().name("loadstar-layer-", 0).factory())) {
      CompletionService<Outcome> work = new ExecutorCompletionService<>(threads);
      int pending = 0;
      Set<Digest> begun = new HashSet<>(done.keySet());
      for (int i = 0; i < layers.size(); i++) {
        Descriptor layer = layers.get(i);
        Digest diffId = diffIds.get(i);
        if (begun.add(layer.digest())) {
          work.submit(() -> new Outcome(layer.digest(), layerConverter.convert(layer, diffId)));
          pending++;
        }
      }
      try {
        for (; pending > 0; pending--) {
          Outcome outcome = work.take().get();
          done.put(outcome.layer(), outcome.converted());
        }
      } catch (InterruptedException e) {
        threads.shutdownNow();
        Thread.currentThread().interrupt();
        throw new InterruptedIOException("interrupted while layers were converted");
      } catch (ExecutionException e) {
        threads.shutdownNow();
        throw failure(e);
      }
    }
  }

  private record Outcome(Digest layer, ConvertedLayer converted) {}

  private static IOException failure(ExecutionException e) {
    return switch (e.getCause()) {
      case IOException failure -> failure;
      case RuntimeException failure -> throw failure;
      case null, default -> throw new IllegalStateException(e.getCause());
    };
  }
}
