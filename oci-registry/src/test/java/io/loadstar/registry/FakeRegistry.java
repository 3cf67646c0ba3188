package io.loadstar.registry;

import io.loadstar.blob.Digest;
import io.loadstar.credentials.CredentialSource;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageReference;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okio.Buffer;

/**
 * A server that serves one blob at any path as a registry or an object store would, and does wrong
 * what it is told to do wrong, in order. Remembers the requests.
 */
final class FakeRegistry implements AutoCloseable {

  /** Does something with one request instead of serving the blob. */
  @FunctionalInterface
  interface Fault {
    MockResponse answer(RecordedRequest request);
  }

  private static final int BLOB_BYTES = 100_000;

  final byte[] bytes = new byte[BLOB_BYTES];
  final Descriptor blob;
  final List<RecordedRequest> requests = new CopyOnWriteArrayList<>();
  final List<Duration> pauses = new CopyOnWriteArrayList<>();
  final CountedTraffic traffic = new CountedTraffic();

  private final MockWebServer server = new MockWebServer();
  private final ConcurrentLinkedQueue<Fault> faults = new ConcurrentLinkedQueue<>();

  FakeRegistry() throws IOException {
    new Random(20261120).nextBytes(bytes);
    blob = Descriptor.of("application/x", Digest.of(bytes), bytes.length);
    server.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            requests.add(request);
            Fault fault = faults.poll();
            return fault != null ? fault.answer(request) : serve(request);
          }
        });
    server.start(InetAddress.getLoopbackAddress(), 0);
  }

  /** The next requests are answered so, one fault each. */
  FakeRegistry next(Fault... these) {
    faults.addAll(List.of(these));
    return this;
  }

  String host() {
    return "127.0.0.1:" + server.getPort();
  }

  String url(String path) {
    return "http://" + host() + path;
  }

  ImageReference image() {
    return ImageReference.parse(host() + "/a/b:t");
  }

  /** An access that counts, remembers its pauses instead of making them, and tries three times. */
  RegistryAccess access() {
    return new RegistryAccess(
        PlainHttp.loopbackOnly(),
        Map.of(),
        CredentialSource.anonymous(),
        new Timeouts(
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5),
            Duration.ofSeconds(5)),
        new RetryPolicy(2, Duration.ofMillis(1), Duration.ofSeconds(20), pauses::add),
        traffic);
  }

  /** The blob as a good server serves it, in whole or in the part that is asked for. */
  MockResponse serve(RecordedRequest request) {
    String range = request.getHeaders().get("Range");
    if (range == null) {
      return whole();
    }
    String[] ends = range.substring("bytes=".length()).split("-", -1);
    int last = ends[1].isEmpty() || ends[0].isEmpty() ? BLOB_BYTES - 1 : Integer.parseInt(ends[1]);
    int first =
        ends[0].isEmpty()
            ? Math.max(0, BLOB_BYTES - Integer.parseInt(ends[1]))
            : Integer.parseInt(ends[0]);
    return part(first, last, "bytes " + first + "-" + last + "/" + BLOB_BYTES);
  }

  MockResponse whole() {
    return new MockResponse.Builder().code(200).body(new Buffer().write(bytes)).build();
  }

  MockResponse part(int first, int last, String contentRange) {
    return new MockResponse.Builder()
        .code(206)
        .addHeader("Content-Range", contentRange)
        .body(new Buffer().write(bytes, first, last - first + 1))
        .build();
  }

  static Fault redirect(String url) {
    return request -> new MockResponse.Builder().code(307).addHeader("Location", url).build();
  }

  static Fault status(int code, String... headers) {
    MockResponse.Builder response = new MockResponse.Builder().code(code);
    for (int i = 0; i < headers.length; i += 2) {
      response.addHeader(headers[i], headers[i + 1]);
    }
    return request -> response.build();
  }

  List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (RecordedRequest request : requests) {
      String range = request.getHeaders().get("Range");
      lines.add(
          request.getMethod() + " " + request.getTarget() + (range == null ? "" : " " + range));
    }
    return lines;
  }

  @Override
  public void close() {
    server.close();
  }
}
