package io.loadstar.lazy;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.Ticker;
import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import java.io.IOException;
import java.time.Duration;
import java.util.BitSet;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.atomic.LongAdder;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What befell one lazy layer: which members are here, what was fetched and served, what failed.
 * Thread-safe. The lock guards the set of members.
 */
final class LayerLedger {

  private static final Logger LOG = LoggerFactory.getLogger(LayerLedger.class);

  /** A layer whose registry is away fails with each read: it says so this often at most. */
  private static final long LOG_INTERVAL = Duration.ofSeconds(10).toNanos();

  /** How many members with a failed fetch are remembered. */
  private static final int MAX_FAILURES = 1000;

  private final Digest layer;
  private final long size;
  private final LayerIndex index;
  private final Ticker ticker;
  private final Cache<Integer, IOException> failures;

  private final Object lock = new Object();
  private final BitSet held = new BitSet();
  private int membersMissing;
  private long bytesMissing;

  private final LongAdder requests = new LongAdder();
  private final LongAdder fetchedBytes = new LongAdder();
  private final LongAdder failed = new LongAdder();
  private final LongAdder mismatches = new LongAdder();
  private final LongAdder reads = new LongAdder();
  private final LongAdder servedBytes = new LongAdder();
  private final LongAdder waits = new LongAdder();
  private final LongAdder unlogged = new LongAdder();
  private final AtomicLong mayLogAt;
  private volatile @Nullable String lastError;

  /**
   * @param blob which layer
   * @param backoff for how long a failure is remembered
   */
  LayerLedger(Blob blob, LayerIndex index, Duration backoff, Ticker ticker) {
    this.layer = blob.digest();
    this.size = blob.size();
    this.index = index;
    this.ticker = ticker;
    this.mayLogAt = new AtomicLong(ticker.read());
    this.failures =
        Caffeine.newBuilder()
            .maximumSize(MAX_FAILURES)
            .expireAfterWrite(backoff)
            .ticker(ticker)
            .executor(Runnable::run)
            .build();
    this.membersMissing = index.members();
    for (int i = 0; i < index.members(); i++) {
      bytesMissing += index.length(i);
    }
  }

  /** Which blob it is about. */
  record Blob(Digest digest, long size) {}

  void requested() {
    requests.increment();
  }

  void fetched(long bytes) {
    fetchedBytes.add(bytes);
  }

  /** A reader was given its bytes. */
  void served(long bytes) {
    reads.increment();
    servedBytes.add(bytes);
  }

  /** A reader has to wait. */
  void waited() {
    waits.increment();
  }

  /** All chunks of this member are in the store. */
  void holds(int member) {
    synchronized (lock) {
      if (!held.get(member)) {
        held.set(member);
        membersMissing--;
        bytesMissing -= index.length(member);
      }
    }
  }

  /** Some of this member was in the store and isn't any more. */
  void lost(int member) {
    synchronized (lock) {
      if (held.get(member)) {
        held.clear(member);
        membersMissing++;
        bytesMissing += index.length(member);
      }
    }
  }

  boolean isHeld(int member) {
    synchronized (lock) {
      return held.get(member);
    }
  }

  boolean isComplete() {
    synchronized (lock) {
      return membersMissing == 0;
    }
  }

  /**
   * Notes that a member couldn't be had, and has its readers fail at once for a while.
   *
   * @param urgency whether a reader was the reason for the fetch; what was fetched ahead is simply
   *     tried again when a reader needs it
   */
  void failed(int member, Urgency urgency, IOException cause) {
    failed.increment();
    boolean wrong = cause instanceof DigestMismatchException;
    if (wrong) {
      mismatches.increment();
    }
    if (urgency == Urgency.ON_DEMAND) {
      failures.put(member, cause);
    }
    if (urgency == Urgency.ON_DEMAND || wrong) {
      lastError = cause.getMessage() == null ? cause.toString() : cause.getMessage();
      log(member, cause);
    }
  }

  /** Notes that a reader has waited for a member as long as he may; what to tell him. */
  IOException timedOut(int member, Duration limit) {
    IOException cause =
        new IOException(layer + ": a read ended after waiting for " + limit.toMillis() + " ms");
    lastError = cause.getMessage();
    log(member, cause);
    return cause;
  }

  private void log(int member, IOException cause) {
    long now = ticker.read();
    long due = mayLogAt.get();
    if (now - due < 0 || !mayLogAt.compareAndSet(due, now + LOG_INTERVAL)) {
      unlogged.increment();
      return;
    }
    LOG.warn(
        "layer {}: bytes {} to {} can't be had: {} ({} more of such since the last)",
        layer,
        index.start(member),
        index.end(member),
        cause.toString(),
        unlogged.sumThenReset());
  }

  /** Why a fetch of this member failed a moment ago; null if it may be tried. */
  @Nullable IOException recentFailure(int member) {
    return failures.getIfPresent(member);
  }

  LayerReport report() {
    long missing;
    boolean complete;
    synchronized (lock) {
      missing = bytesMissing;
      complete = membersMissing == 0;
    }
    return new LayerReport(
        layer,
        size,
        Math.max(0, size - missing),
        complete,
        new LayerReport.Traffic(requests.sum(), fetchedBytes.sum(), failed.sum(), mismatches.sum()),
        new LayerReport.Served(reads.sum(), servedBytes.sum(), waits.sum()),
        Optional.ofNullable(lastError));
  }
}
