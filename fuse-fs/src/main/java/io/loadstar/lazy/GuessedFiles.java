package io.loadstar.lazy;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;

/** Brings files that somebody is guessed to need soon, as far as they are short. Thread-safe. */
final class GuessedFiles {

  /**
   * A program or a library up to this is fetched whole, in compressed bytes: most of it is read as
   * its pages are touched, here and there. Of a larger one a start mostly needs a part.
   */
  private static final long MAX_WHOLE_BYTES = 4 << 20;

  private final Prefetcher prefetcher;

  GuessedFiles(Prefetcher prefetcher) {
    this.prefetcher = prefetcher;
  }

  /**
   * Fetches files, of one of several chunks the first and the last: its table of segments, and its
   * data. Returns at once.
   *
   * @return whether the store has room for guesses
   */
  boolean fetch(Collection<ImageFiles.Found> files) {
    Map<LazyLayer, SortedSet<Integer>> members = new HashMap<>();
    for (ImageFiles.Found file : files) {
      LayerIndex index = file.layer().index();
      int chunks = index.chunkCount(file.file());
      if (chunks > 0) {
        int first = index.find(file.file(), 0);
        SortedSet<Integer> some = members.computeIfAbsent(file.layer(), _ -> new TreeSet<>());
        some.add(index.memberOf(first));
        some.add(index.memberOf(first + chunks - 1));
      }
    }
    boolean room = true;
    for (Map.Entry<LazyLayer, SortedSet<Integer>> each : members.entrySet()) {
      room &= prefetcher.fetchSoon(each.getKey(), each.getValue());
    }
    return room;
  }

  /** Fetches what lies between a file's first and last chunk, if it isn't much. Returns at once. */
  void fetchMiddle(ImageFiles.Found file) {
    LayerIndex index = file.layer().index();
    int chunks = index.chunkCount(file.file());
    if (chunks <= 2) {
      return;
    }
    SortedSet<Integer> members = new TreeSet<>();
    int first = index.find(file.file(), 0);
    for (int chunk = first + 1; chunk < first + chunks - 1; chunk++) {
      members.add(index.memberOf(chunk));
    }
    if (index.end(members.last()) - index.start(members.first()) <= MAX_WHOLE_BYTES) {
      var _ = prefetcher.fetchSoon(file.layer(), members);
    }
  }

  /** How many bytes of the blob a file of one chunk takes; 0 of any other. */
  static long shortLength(ImageFiles.Found file) {
    LayerIndex index = file.layer().index();
    return index.chunkCount(file.file()) == 1
        ? index.length(index.memberOf(index.find(file.file(), 0)))
        : 0;
  }

  /**
   * Reads as a reader does, and waits: to be called on a virtual thread.
   *
   * @throws IOException if the bytes can't be had, or the node is shutting down
   */
  static void read(ImageFiles.Found at, long offset, ByteBuffer destination) throws IOException {
    CompletableFuture<Integer> ended = new CompletableFuture<>();
    at.layer()
        .foresee(
            at.file(),
            offset,
            destination,
            (count, failure) -> {
              if (failure == null) {
                ended.complete(count);
              } else {
                ended.completeExceptionally(failure);
              }
            });
    try {
      var _ = ended.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("shutting down");
    } catch (ExecutionException e) {
      throw new IOException(e.getCause());
    }
  }
}
