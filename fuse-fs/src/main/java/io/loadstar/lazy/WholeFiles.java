package io.loadstar.lazy;

import io.loadstar.cache.ContentStore;
import io.loadstar.cache.ObjectKey;
import io.loadstar.layer.Inode;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Files as one object each, for a transport that hands them to the kernel. Thread-safe; closed by
 * its node.
 *
 * <p>A file of several chunks is joined when it is asked for and all of them are here: by one
 * thread, while its readers are served as ever. It takes its room twice then, until its chunks,
 * which nobody reads any more, are evicted; so nothing is joined once the store is nearly full.
 */
final class WholeFiles implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(WholeFiles.class);

  /** What is asked for while so many wait isn't joined; it will be asked for again. */
  private static final int MOST_WAITING = 64;

  /** How many that can't be joined are remembered, not to be tried at each open. */
  private static final int MOST_HOPELESS = 1024;

  private static final long IDLE_SECONDS = 10;

  private final ContentStore store;
  private final Set<ObjectKey> underWay = ConcurrentHashMap.newKeySet();
  private final Set<ObjectKey> hopeless = ConcurrentHashMap.newKeySet();
  private final ThreadPoolExecutor thread =
      new ThreadPoolExecutor(
          1,
          1,
          IDLE_SECONDS,
          TimeUnit.SECONDS,
          new ArrayBlockingQueue<>(MOST_WAITING),
          Thread.ofPlatform().daemon().name("loadstar-join").factory());

  WholeFiles(ContentStore store) {
    this.store = store;
    thread.allowCoreThreadTimeOut(true);
  }

  /**
   * Holds the object that a file is. Returns at once.
   *
   * @return what the caller closes; null if there is none yet
   */
  ContentStore.@Nullable HeldFile hold(LayerIndex index, Inode.RegularFile file) {
    int chunks = file.chunks().size();
    if (chunks == 0
        || !(index.key(index.find(file.number(), 0)) instanceof ObjectKey.ByContent first)) {
      return null;
    }
    if (chunks == 1) {
      return store.holdFile(first);
    }
    if (file.digest() == null) {
      return null;
    }
    var whole = new ObjectKey.ByContent(first.domain(), file.digest(), file.size());
    ContentStore.HeldFile held = store.holdFile(whole);
    if (held == null) {
      haveJoined(whole, index, file);
    }
    return held;
  }

  private void haveJoined(ObjectKey.ByContent whole, LayerIndex index, Inode.RegularFile file) {
    if (hopeless.contains(whole) || !underWay.add(whole)) {
      return;
    }
    try {
      thread.execute(() -> join(whole, index, file));
    } catch (RejectedExecutionException e) {
      underWay.remove(whole);
    }
  }

  private void join(ObjectKey.ByContent whole, LayerIndex index, Inode.RegularFile file) {
    try {
      List<ObjectKey> parts = new ArrayList<>(file.chunks().size());
      int firstChunk = index.find(file.number(), 0);
      for (int i = 0; i < file.chunks().size(); i++) {
        parts.add(index.key(firstChunk + i));
      }
      boolean possible =
          store.contains(whole)
              || (store.hasRoom(file.size()) && parts.stream().allMatch(store::contains));
      if (possible && !store.join(whole, parts) && hopeless.size() < MOST_HOPELESS) {
        hopeless.add(whole);
      }
    } catch (RuntimeException e) {
      LOG.error("{} can't be joined", whole, e);
    } finally {
      underWay.remove(whole);
    }
  }

  @Override
  public void close() {
    thread.shutdownNow();
  }
}
