package io.loadstar.registry;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageReference;
import io.loadstar.registry.hosts.HostCapability;
import java.io.IOException;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;

/**
 * Asks for ranges of one blob. Thread-safe.
 *
 * <p>Registries often redirect to a signed URL in an object store. That URL is kept and asked
 * directly from then on; when it is over or refused or can't be reached, the registry is asked for
 * another, by one reader for all: {@link BlobPlace}.
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

  /** Of a Content-Length; a longer one isn't believed. */
  private static final int MAX_LENGTH_DIGITS = 14;

  /** After so many signed URLs that were good for others, a reader asks for itself. */
  private static final int MAX_REFUSALS = 3;

  /** What a server may send in front of a range; it is dropped. */
  private static final long MAX_SURPLUS_BYTES = 4 << 20;

  /** What a server has to send of a range, if it doesn't send all of it. */
  private static final long LEAST_PART_BYTES = 64 << 10;

  private final RegistryHttp http;
  private final RegistryAccess access;
  private final ImageReference repository;
  private final Digest digest;
  private final BlobPlace place = new BlobPlace();

  RangeRequests(
      RegistryHttp http, RegistryAccess access, ImageReference repository, Digest digest) {
    this.http = http;
    this.access = access;
    this.repository = repository;
    this.digest = digest;
  }

  Digest digest() {
    return digest;
  }

  /** How often an answer is tried to be had. */
  RetryLoop retries() {
    return http.retries();
  }

  /** How patiently bytes of a blob are read that was found. */
  RetryLoop readRetries() {
    return http.readRetries();
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
    return ask(
        new Question<>(
            header, Set.of(OK, PARTIAL), (response, host) -> body(response, host, range, size)));
  }

  /**
   * Asks once for the last {@code length} bytes of a blob of unknown size.
   *
   * @return the answer with the blob's size, or none if the server doesn't answer such a question
   */
  Optional<SuffixBody> openSuffix(int length) throws IOException {
    return ask(
        new Question<>(
            "bytes=-" + length,
            Set.of(OK, PARTIAL, 400, NOT_SATISFIABLE, 501),
            (response, host) -> suffix(response, length)));
  }

  /**
   * The blob's size.
   *
   * @throws RegistryException if the server doesn't say it
   */
  long size() throws IOException {
    return http.firstOf(
        hosts(),
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

  private List<RegistryHost> hosts() throws RegistryException {
    return RegistryHost.of(repository, HostCapability.PULL, access);
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
    T read(Response response, RegistryHost host) throws RegistryException;
  }

  private record Question<T>(String range, Set<Integer> expected, Reading<T> reading) {}

  private <T> T ask(Question<T> question) throws IOException {
    for (int refusals = 0; refusals < MAX_REFUSALS; ) {
      switch (place.known()) {
        case BlobPlace.Signed signed -> {
          try {
            return askAt(signed.url(), signed.host(), question);
          } catch (RegistryException e) {
            if (!isStale(e)) {
              throw e;
            }
            place.refused(signed);
            refusals++;
          }
        }
        case BlobPlace.AtHosts _ -> {
          return askHosts(question);
        }
        case null -> {
          try (BlobPlace.Search search = place.search()) {
            if (search != null) {
              return search(search, question);
            }
          }
        }
      }
    }
    return askHosts(question);
  }

  private <T> T search(BlobPlace.Search search, Question<T> question) throws IOException {
    // It may have been found between the look and the search.
    BlobPlace.Place found = place.known();
    if (found instanceof BlobPlace.Signed signed) {
      return askAt(signed.url(), signed.host(), question);
    }
    try {
      return askHosts(question);
    } catch (IOException e) {
      search.failed(e);
      throw e;
    }
  }

  private <T> T askHosts(Question<T> question) throws IOException {
    return http.firstOf(
        http.rangeless().last(hosts()),
        host -> askAt(host.blob(repository, digest), host, question));
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

  private <T> T askAt(HttpUrl url, RegistryHost host, Question<T> question) throws IOException {
    Response response = http.send(request(get(url, question.range()), host, question.expected()));
    try {
      T result = question.reading().read(response, host);
      place.found(host, url, response.request().url());
      return result;
    } catch (RegistryException | RuntimeException e) {
      response.close();
      throw e;
    }
  }

  private RangeBody body(Response response, RegistryHost host, ByteRange range, long size)
      throws RegistryException {
    if (response.code() == OK) {
      long length = length(response);
      if (length >= 0 && length != size) {
        throw Failures.nonsense(
            response, object(), "sent a blob of " + length + " bytes instead of " + size);
      }
      if (range.length() != size) {
        http.rangeless().note(host);
      }
      return new RangeBody(response, new ByteRange(0, size), object());
    }
    ContentRange sent = contentRange(response);
    if (!serves(sent, range) || (sent.total() >= 0 && sent.total() != size)) {
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
    http.rangeless().clear(host);
    return new RangeBody(response, sent.range(), object());
  }

  /** Whether an answer is of use: it may hold somewhat more than was asked for, or a good part. */
  private static boolean serves(ContentRange sent, ByteRange range) {
    long before = range.offset() - sent.range().offset();
    long useful = sent.range().end() - range.offset();
    return before >= 0
        && before <= MAX_SURPLUS_BYTES
        && useful >= Math.min(range.length(), LEAST_PART_BYTES);
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

  /** Whether none of the hosts that could be asked knows ranges. */
  boolean isRangeless() throws RegistryException {
    for (RegistryHost host : hosts()) {
      if (!http.rangeless().contains(host)) {
        return false;
      }
    }
    return true;
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
    long length = length(response);
    if (length >= 0 && length != sent.range().length()) {
      throw Failures.nonsense(
          response, object(), "sent " + length + " bytes as Content-Range \"" + header + "\"");
    }
    return sent;
  }

  private static long length(Response response) {
    String header = response.header("Content-Length");
    boolean number =
        header != null
            && !header.isEmpty()
            && header.length() <= MAX_LENGTH_DIGITS
            && header.chars().allMatch(c -> c >= '0' && c <= '9');
    return number ? Long.parseLong(header) : -1;
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
