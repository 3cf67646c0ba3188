package io.loadstar.registry;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageReference;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.jspecify.annotations.Nullable;

/**
 * Asks for ranges of one blob. Thread-safe.
 *
 * <p>Registries often redirect to a signed URL in an object store. That URL is kept and asked
 * directly from then on; when it is refused (it expires) or can't be reached, the registry is asked
 * for another.
 *
 * <p>One range is asked for at a time: servers differ in what they make of several, and a
 * connection is reused anyway.
 */
final class RangeRequests {

  private static final int OK = 200;
  private static final int PARTIAL = 206;
  private static final int NOT_SATISFIABLE = 416;

  /** No blob is this large; a server that says so isn't believed. 64 TiB. */
  private static final long MAX_BLOB_BYTES = 1L << 46;

  private final RegistryHttp http;
  private final List<RegistryHost> hosts;
  private final ImageReference repository;
  private final Digest digest;
  private final AtomicReference<@Nullable Kept> kept = new AtomicReference<>();

  /** A place that a host redirected to. */
  private record Kept(RegistryHost host, HttpUrl url) {}

  RangeRequests(
      RegistryHttp http, List<RegistryHost> hosts, ImageReference repository, Digest digest) {
    this.http = http;
    this.hosts = hosts;
    this.repository = repository;
    this.digest = digest;
  }

  Digest digest() {
    return digest;
  }

  RetryLoop retries() {
    return http.retries();
  }

  String object() {
    return "blob " + digest + " of " + repository.name();
  }

  /**
   * Asks once for {@code range} of a blob of {@code size} bytes. A server that doesn't know ranges
   * sends the whole blob; the body then holds that.
   *
   * @throws RegistryException if the answer is an error, or isn't the range
   */
  RangeBody open(ByteRange range, long size) throws IOException {
    boolean whole = range.offset() == 0 && range.length() == size;
    String header = whole ? "" : "bytes=" + range.offset() + "-" + (range.end() - 1);
    return ask(header, Set.of(OK, PARTIAL), response -> body(response, range, size));
  }

  /**
   * Asks once for the last {@code length} bytes of a blob of unknown size.
   *
   * @return the answer with the blob's size, or none if the server doesn't answer such a question
   */
  Optional<SuffixBody> openSuffix(int length) throws IOException {
    return ask(
        "bytes=-" + length,
        Set.of(OK, PARTIAL, 400, NOT_SATISFIABLE, 501),
        response -> suffix(response, length));
  }

  /**
   * The blob's size.
   *
   * @throws RegistryException if the server doesn't say it
   */
  long size() throws IOException {
    return RegistryHttp.firstOf(
        hosts,
        host -> {
          Request head = new Request.Builder().url(host.blob(repository, digest)).head().build();
          try (Response response = http.send(request(head, host, Set.of(OK)))) {
            long size = length(response);
            if (size < 0) {
              throw Failures.nonsense(response, object(), "doesn't say the blob's size");
            }
            return size;
          }
        });
  }

  /**
   * The end of a blob.
   *
   * @param size the size of the whole
   * @param body holds the bytes up to {@code size}
   */
  record SuffixBody(long size, RangeBody body) {}

  @FunctionalInterface
  private interface Reading<T> {
    T read(Response response) throws RegistryException;
  }

  private <T> T ask(String range, Set<Integer> expected, Reading<T> reading) throws IOException {
    Kept place = kept.get();
    if (place != null) {
      try {
        return read(request(get(place.url(), range), place.host(), expected), reading);
      } catch (RegistryException e) {
        if (!isStale(e)) {
          throw e;
        }
        kept.compareAndSet(place, null);
      }
    }
    return RegistryHttp.firstOf(
        hosts,
        host -> read(request(get(host.blob(repository, digest), range), host, expected), reading));
  }

  /** Whether another signed URL may help: stores say 403, 401, 400 or 404 of one that is over. */
  private static boolean isStale(RegistryException e) {
    return switch (e) {
      case RegistryException.Unauthorized _,
          RegistryException.NotFound _,
          RegistryException.Unreachable _ ->
          true;
      case RegistryException.Refused refused -> refused.status() == 400 || refused.status() == 410;
      default -> false;
    };
  }

  private <T> T read(RegistryRequest request, Reading<T> reading) throws IOException {
    Response response = http.send(request);
    try {
      T result = reading.read(response);
      HttpUrl end = response.request().url();
      if (!end.equals(request.http().url())) {
        kept.set(new Kept(request.host(), end));
      }
      return result;
    } catch (RegistryException | RuntimeException e) {
      response.close();
      throw e;
    }
  }

  private RangeBody body(Response response, ByteRange range, long size) throws RegistryException {
    if (response.code() == OK) {
      long length = length(response);
      if (length >= 0 && length != size) {
        throw Failures.nonsense(
            response, object(), "sent a blob of " + length + " bytes instead of " + size);
      }
      return new RangeBody(response, new ByteRange(0, size), object());
    }
    ContentRange sent = contentRange(response);
    if (!sent.range().equals(range) || (sent.total() >= 0 && sent.total() != size)) {
      throw Failures.nonsense(
          response,
          object(),
          "sent Content-Range \""
              + response.header("Content-Range")
              + "\" when asked for bytes "
              + range.offset()
              + "-"
              + (range.end() - 1)
              + " of "
              + size);
    }
    return new RangeBody(response, range, object());
  }

  private Optional<SuffixBody> suffix(Response response, int length) throws RegistryException {
    if (response.code() == OK) {
      long size = length(response);
      if (size < 0 || size > length) {
        response.close();
        return Optional.empty();
      }
      return Optional.of(
          new SuffixBody(size, new RangeBody(response, new ByteRange(0, size), object())));
    }
    // Go's server says "bytes 0--1/0" of an empty blob; the size is asked for in another way then.
    boolean ranged =
        response.code() == PARTIAL
            && ContentRange.parse(response.header("Content-Range")).isPresent();
    if (!ranged) {
      response.close();
      return Optional.empty();
    }
    ContentRange sent = contentRange(response);
    long size = sent.total();
    if (size < 0) {
      response.close();
      return Optional.empty();
    }
    if (sent.range().end() != size || sent.range().length() != Math.min(length, size)) {
      throw Failures.nonsense(
          response,
          object(),
          "sent Content-Range \"" + response.header("Content-Range") + "\" for a suffix range");
    }
    return Optional.of(new SuffixBody(size, new RangeBody(response, sent.range(), object())));
  }

  private ContentRange contentRange(Response response) throws RegistryException {
    String header = response.header("Content-Range");
    ContentRange sent =
        ContentRange.parse(header)
            .orElseThrow(() ->
                Failures.nonsense(response, object(), "sent a part without a valid Content-Range"));
    if (sent.total() > MAX_BLOB_BYTES) {
      throw Failures.nonsense(response, object(), "claims " + sent.total() + " bytes");
    }
    return sent;
  }

  private static long length(Response response) {
    String header = response.header("Content-Length");
    return header != null && header.matches("\\d{1,14}") ? Long.parseLong(header) : -1;
  }

  private RegistryRequest request(Request request, RegistryHost host, Set<Integer> expected) {
    return new RegistryRequest(
        request,
        host,
        new RegistryRequest.Purpose(
            Scope.pull(repository.repository()), object(), RegistryRequest.Patience.ANSWER),
        expected);
  }

  private static Request get(HttpUrl url, String range) {
    Request.Builder request = new Request.Builder().url(url);
    return range.isEmpty() ? request.build() : request.header("Range", range).build();
  }
}
