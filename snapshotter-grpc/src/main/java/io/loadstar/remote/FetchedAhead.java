package io.loadstar.remote;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import com.github.benmanes.caffeine.cache.Scheduler;
import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageReference;
import io.loadstar.unpack.UnpackBounds;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Ordinary layers whose bytes are on their way before they are asked for: an image's layers are
 * prepared one after the other, so the line would be idle while one is unpacked. Thread-safe;
 * closing it ends what is under way.
 *
 * <p>They aren't verified here but by who unpacks them. What nobody comes for is dropped after
 * {@link #KEPT_FOR}.
 */
final class FetchedAhead implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(FetchedAhead.class);

  private static final int MAX_AT_ONCE = 4;
  private static final Duration KEPT_FOR = Duration.ofMinutes(10);
  private static final int BUFFER = 1 << 16;

  private final LayerOpener opener;
  private final UnpackBounds bounds;
  private final OrdinaryLayers.Spool spool;
  private final Cache<Digest, Fetch> fetches;

  private record Fetch(ImageReference image, SpooledBlob blob, Future<?> writing) {

    void drop() {
      writing.cancel(true);
      try {
        blob.close();
      } catch (IOException e) {
        log.atWarn().addKeyValue("error", e.toString()).log("can't close what was fetched ahead");
      }
    }
  }

  FetchedAhead(LayerOpener opener, UnpackBounds bounds, OrdinaryLayers.Spool spool) {
    this.opener = opener;
    this.bounds = bounds;
    this.spool = spool;
    this.fetches =
        Caffeine.newBuilder()
            .expireAfterWrite(KEPT_FOR)
            .scheduler(Scheduler.systemScheduler())
            .executor(Runnable::run)
            .removalListener(FetchedAhead::removed)
            .build();
  }

  private static void removed(@Nullable Digest layer, @Nullable Fetch fetch, RemovalCause cause) {
    if (fetch != null && cause.wasEvicted()) {
      fetch.drop();
    }
  }

  /** Begins to fetch a layer, unless it is under way, or {@value #MAX_AT_ONCE} others are. */
  void begin(ImageReference image, Digest layer) {
    if (fetches.getIfPresent(layer) != null || fetches.estimatedSize() >= MAX_AT_ONCE) {
      return;
    }
    try {
      SpooledBlob blob = SpooledBlob.in(spool.directory());
      Fetch begun = new Fetch(image, blob, spool.threads().submit(() -> fetch(image, layer, blob)));
      if (fetches.asMap().putIfAbsent(layer, begun) != null) {
        begun.drop(); // Somebody else has begun it meanwhile.
      }
    } catch (IOException e) {
      // It is fetched when it is asked for.
      log.atWarn()
          .addKeyValue("layer", layer)
          .addKeyValue("error", e.toString())
          .log("the layer isn't fetched ahead");
    }
  }

  private void fetch(ImageReference image, Digest layer, SpooledBlob blob) {
    try (BlobSource source = opener.openWhole(image, layer)) {
      requireRoom(source.size());
      source.readRanges(
          List.of(new ByteRange(0, source.size())), (range, bytes) -> copy(bytes, blob));
      blob.end(null);
    } catch (IOException e) {
      blob.end(e);
    } catch (RuntimeException | Error e) {
      blob.end(new IOException(e));
      throw e;
    }
  }

  /** Room for the blob and, at least, as much again for its files. */
  private void requireRoom(long size) throws IOException {
    long free = Files.getFileStore(spool.directory()).getUsableSpace();
    if (size > bounds.maxBytes() || free - bounds.minFreeBytes() < 2 * size) {
      throw new IOException("no room for " + size + " bytes of an ordinary layer");
    }
  }

  private static void copy(InputStream from, SpooledBlob to) throws IOException {
    byte[] buffer = new byte[BUFFER];
    for (int count = from.read(buffer); count >= 0; count = from.read(buffer)) {
      to.write(ByteBuffer.wrap(buffer, 0, count));
    }
  }

  /**
   * The bytes of a layer that was begun for the same image, as they arrive. The caller closes it.
   */
  Optional<InputStream> take(ImageReference image, Digest layer) {
    Fetch fetch = fetches.getIfPresent(layer);
    if (fetch == null || !fetch.image.name().equals(image.name())) {
      return Optional.empty();
    }
    return fetches.asMap().remove(layer, fetch) ? Optional.of(fetch.blob.read()) : Optional.empty();
  }

  @Override
  public void close() {
    fetches.asMap().values().forEach(Fetch::drop);
    fetches.asMap().clear();
  }
}
