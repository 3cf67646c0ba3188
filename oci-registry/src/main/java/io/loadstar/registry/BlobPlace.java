package io.loadstar.registry;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.time.Instant;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * Where one blob's bytes were found last. Thread-safe.
 *
 * <p>A signed URL is kept until it is refused or says that it is over. Then one reader asks the
 * registry for another and all others wait for what it finds: a hundred of them cost the registry
 * one request.
 */
final class BlobPlace {

  /** Where to ask. */
  sealed interface Place {}

  /** At the registry's hosts: the last answer came from one of them. */
  record AtHosts() implements Place {}

  /**
   * At a place that a host has redirected to.
   *
   * @param host the host
   * @param url the place, with its signature
   * @param end when it is to be left; {@link Instant#MAX} if that isn't known
   */
  record Signed(RegistryHost host, HttpUrl url, Instant end) implements Place {
    /** Without the signature. */
    @Override
    public String toString() {
      return "Signed[" + host.origin() + " → " + url.host() + "]";
    }
  }

  private final AtomicReference<@Nullable Place> known = new AtomicReference<>();
  private final AtomicReference<@Nullable CompletableFuture<Void>> search = new AtomicReference<>();

  /** The right, and the duty, to find out. */
  final class Search implements AutoCloseable {
    private final CompletableFuture<Void> end = new CompletableFuture<>();
    private @Nullable Throwable failure;

    private Search() {}

    /** Nothing was found; those who wait fail likewise. */
    void failed(IOException reason) {
      failure = reason;
    }

    /** Lets those who wait go on. */
    @Override
    public void close() {
      search.compareAndSet(end, null);
      if (failure == null) {
        end.complete(null);
      } else {
        end.completeExceptionally(failure);
      }
    }
  }

  /** The last place; null if it isn't known or is over. */
  @Nullable Place known() {
    Place place = known.get();
    if (place instanceof Signed signed && signed.end().isBefore(Instant.now())) {
      known.compareAndSet(place, null);
      return null;
    }
    return place;
  }

  /** An answer came from {@code url} when {@code host} was asked at {@code asked}. */
  void found(RegistryHost host, HttpUrl asked, HttpUrl url) {
    if (url.equals(asked)) {
      if (host.owns(url)) {
        known.set(new AtHosts());
      }
      return;
    }
    known.set(new Signed(host, url, SignedUrl.leaveAt(url, Instant.now())));
  }

  /** A signed URL was refused. */
  void refused(Signed place) {
    known.compareAndSet(place, null);
  }

  /**
   * Begins to search, or waits until another has.
   *
   * @return null if another has, and {@link #known} may now tell where
   * @throws IOException the other's failure
   */
  @Nullable Search search() throws IOException {
    Search mine = new Search();
    CompletableFuture<Void> other = search.get();
    if (other == null && search.compareAndSet(null, mine.end)) {
      return mine;
    }
    if (other != null) {
      await(other);
    }
    return null;
  }

  private static void await(CompletableFuture<Void> other) throws IOException {
    try {
      other.get();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("interrupted while another asks where a blob is");
    } catch (ExecutionException e) {
      switch (e.getCause()) {
        // The other was interrupted, which isn't our failure.
        case InterruptedIOException _ -> {}
        case RegistryException failure -> throw failure;
        case IOException failure -> throw failure;
        case null, default -> throw new IllegalStateException(e);
      }
    }
  }
}
