package io.loadstar.remote;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.snapshot.LayerUnpacker;
import io.loadstar.snapshot.NotLazyException;
import io.loadstar.snapshot.NotUnpackedException;
import io.loadstar.snapshot.SnapshotLabel;
import io.loadstar.unpack.LayerTar;
import io.loadstar.unpack.UnpackBounds;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Semaphore;

/**
 * Ordinary layers of registries, unpacked here where that keeps layers above them lazy: an image of
 * ordinary layers only is better off with containerd, which fetches several at once. Thread-safe,
 * for platform threads; closing it stops what is under way.
 *
 * <p>A layer counts as unpacked if its blob has the digest that was asked for, and its tar the
 * DiffID that its chain ID claims. So who finds it later may rely on it as on what containerd has
 * unpacked.
 */
public final class OrdinaryLayers implements LayerUnpacker, Closeable {

  /** They hold a thread of the service each, and share one disk. */
  private static final int MAX_AT_ONCE = 8;

  /** How many layers of one image are fetched while another is unpacked. */
  private static final int AHEAD = 2;

  private final LayerOpener opener;
  private final LayerResolver resolver;
  private final UnpackBounds bounds;
  private final FetchedAhead ahead;
  private final Semaphore atOnce = new Semaphore(MAX_AT_ONCE);
  private final Set<Thread> unpacking = ConcurrentHashMap.newKeySet();
  private volatile boolean closed;

  /**
   * @param opener fetches layers
   * @param resolver knows which can be lazy
   * @param bounds what one layer may cost
   * @param spool where those that come next are fetched to
   */
  public OrdinaryLayers(
      LayerOpener opener, LayerResolver resolver, UnpackBounds bounds, Spool spool) {
    this.opener = opener;
    this.resolver = resolver;
    this.bounds = bounds;
    this.ahead = new FetchedAhead(opener, bounds, spool);
  }

  /**
   * Where layers are fetched to before they are asked for, and who does it.
   *
   * @param directory on the disk that they are unpacked to
   * @param threads that may wait for the network
   */
  public record Spool(Path directory, ExecutorService threads) {}

  @Override
  public void unpack(Request request) throws NotUnpackedException {
    LayerSource source = source(request);
    if (!resolver.isAnyLazy(source)) {
      throw new NotUnpackedException("no layer above it can be lazy");
    }
    if (closed || !atOnce.tryAcquire()) {
      throw new NotUnpackedException(MAX_AT_ONCE + " layers are being unpacked already");
    }
    unpacking.add(Thread.currentThread());
    try {
      requireChain(request, fetch(source, request));
    } catch (IOException e) {
      throw new NotUnpackedException(source.toString(), e);
    } finally {
      unpacking.remove(Thread.currentThread());
      atOnce.release();
    }
  }

  private static LayerSource source(Request request) throws NotUnpackedException {
    try {
      return SnapshotLabels.read(request.labels());
    } catch (NotLazyException e) {
      throw new NotUnpackedException(String.valueOf(e.getMessage()), e);
    }
  }

  private Digest fetch(LayerSource source, Request request) throws IOException {
    LayerTar.Target target =
        new LayerTar.Target(
            request.content(),
            request.discarded(),
            request.parentRef().isEmpty(),
            resolver.xattrs());
    Optional<InputStream> fetched = ahead.take(source.image(), source.layer());
    resolver.ordinaryAbove(source).stream()
        .limit(AHEAD)
        .forEach(next -> ahead.begin(source.image(), next));
    if (fetched.isPresent()) {
      try (InputStream bytes = fetched.get()) {
        return new LayerTar(source.layer(), bytes).unpack(target, bounds);
      }
    }
    Digest[] diffId = new Digest[1];
    try (BlobSource blob = opener.openWhole(source.image(), source.layer())) {
      blob.readRanges(
          List.of(new ByteRange(0, blob.size())),
          (range, bytes) -> diffId[0] = new LayerTar(source.layer(), bytes).unpack(target, bounds));
    }
    return diffId[0];
  }

  /** Source: OCI image-spec, config.md, "Layer ChainID". */
  private static void requireChain(Request request, Digest diffId) throws NotUnpackedException {
    String own =
        request.parentRef().isEmpty()
            ? diffId.toString()
            : Digest.of((request.parentRef() + " " + diffId).getBytes(StandardCharsets.US_ASCII))
                .toString();
    String claimed = request.labels().getOrDefault(SnapshotLabel.REF, "");
    if (!own.equals(claimed)) {
      throw new NotUnpackedException(
          "its tar has the DiffID " + diffId + ", which isn't what the chain ID was made of");
    }
  }

  @Override
  public void close() {
    closed = true;
    ahead.close();
    unpacking.forEach(Thread::interrupt);
  }
}
