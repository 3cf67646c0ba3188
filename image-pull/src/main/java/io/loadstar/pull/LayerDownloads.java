package io.loadstar.pull;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Content;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageSource;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.Semaphore;

/**
 * Brings blobs of layers into the content store, a few at a time and each once. Thread-safe.
 * Closing it ends what is under way and waits until that has tidied up.
 */
final class LayerDownloads implements AutoCloseable {

  /** As many at once as containerd's own client takes by default. */
  private static final int AT_ONCE = 3;

  private static final int BUFFER_BYTES = 1 << 17;

  private final ImageSource source;
  private final StoredContent store;
  private final PullListener listener;
  private final Semaphore slots = new Semaphore(AT_ONCE);
  private final ExecutorService threads =
      Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("download-", 0).factory());
  private final Map<Descriptor, Future<Long>> downloads = new ConcurrentHashMap<>();

  LayerDownloads(ImageSource source, StoredContent store, PullListener listener) {
    this.source = source;
    this.store = store;
    this.listener = listener;
  }

  /** Begins with a layer, unless that was done before. */
  void start(Descriptor layer) {
    var _ = downloads.computeIfAbsent(layer, wanted -> threads.submit(() -> download(wanted)));
  }

  /**
   * Waits until a layer is in the content store.
   *
   * @return how many bytes had to be downloaded; 0 if it was there
   */
  long await(Descriptor layer) throws IOException, ContainerdException, InterruptedException {
    start(layer);
    Future<Long> download = downloads.get(layer);
    if (download == null) {
      throw new IllegalStateException("download of " + layer + " was not started");
    }
    try {
      return download.get();
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        case IOException cause -> throw cause;
        case ContainerdException cause -> throw cause;
        case InterruptedException cause -> throw cause;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }

  /** Notes on a layer's blob what it unpacked to. */
  void unpacked(Descriptor layer, Digest diffId) throws ContainerdException {
    store.label(layer.digest().toString(), ContentLabels.ofLayer(diffId));
  }

  @Override
  public void close() {
    threads.shutdownNow();
    threads.close();
  }

  private long download(Descriptor layer)
      throws IOException, ContainerdException, InterruptedException {
    slots.acquire();
    PulledLayer told = new PulledLayer(layer.digest(), layer.size());
    listener.downloadStarted(told);
    try (BlobSource blob = source.openBlob(layer)) {
      Counter counter = new Counter(told);
      Content.Written written =
          store.put("layer", layer, Map.of(), (offset, out) -> counter.copy(blob, offset, out));
      return written == Content.Written.STORED ? counter.bytes : 0;
    } finally {
      listener.downloadEnded(told);
      slots.release();
    }
  }

  /** Counts what comes over the network for one layer. Used by its download's thread alone. */
  private final class Counter {
    private final PulledLayer layer;
    private long bytes;

    Counter(PulledLayer layer) {
      this.layer = layer;
    }

    void copy(BlobSource blob, long offset, OutputStream out) throws IOException {
      blob.readRanges(
          List.of(new ByteRange(offset, layer.size() - offset)),
          (range, stream) -> copy(stream, out));
    }

    private void copy(InputStream from, OutputStream to) throws IOException {
      byte[] buffer = new byte[BUFFER_BYTES];
      int count = from.read(buffer);
      while (count >= 0) {
        to.write(buffer, 0, count);
        bytes += count;
        listener.downloaded(layer, count);
        count = from.read(buffer);
      }
    }
  }
}
