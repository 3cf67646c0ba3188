package io.loadstar.registry.fake;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageReference;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Predicate;
import java.util.logging.Level;
import java.util.logging.Logger;
import mockwebserver3.Dispatcher;
import mockwebserver3.MockResponse;
import mockwebserver3.MockWebServer;
import mockwebserver3.RecordedRequest;
import okhttp3.Protocol;
import okio.Buffer;

/**
 * A registry, on a free loopback port, that remembers every request with its range and does wrong
 * what it is told to. Thread-safe; closed by whoever made it.
 *
 * <p>It holds one blob of 100 000 random bytes from the start; others and manifests are added or
 * pushed. Paths outside of {@code /v2/} serve that first blob, as an object store serves whatever a
 * signed URL names. Faults come from two places, in this order: those for the {@link #next}
 * requests, one each; those that hold {@link #always} for what they match.
 */
public final class FakeRegistry implements AutoCloseable {

  /** How it is spoken to. */
  public enum Wire {
    HTTP_1,
    HTTP_1_TLS,
    HTTP_2_TLS
  }

  private static final int BLOB_BYTES = 100_000;

  /** The server tells here of each connection that it breaks as it was told to. */
  private static final Logger SERVER_LOG = Logger.getLogger("okhttp3.OkHttpClient");

  static {
    SERVER_LOG.setLevel(Level.WARNING);
  }

  /** A fault and the requests that it befalls. */
  private record Rule(Predicate<RecordedRequest> matches, Fault fault) {}

  private final byte[] bytes = new byte[BLOB_BYTES];
  private final Descriptor blob;
  private final FakeContent content;
  private final Wire wire;
  private final InetAddress address;
  private final List<RecordedRequest> requests = new CopyOnWriteArrayList<>();
  private final ConcurrentLinkedQueue<Fault> faults = new ConcurrentLinkedQueue<>();
  private final OpenConnections connections = new OpenConnections();
  private final List<Rule> rules = new CopyOnWriteArrayList<>();
  private final int port;
  private volatile MockWebServer server;

  /** One that is spoken to in the clear. */
  public FakeRegistry() {
    this(Wire.HTTP_1);
  }

  /** One whose certificate, if it has one, is {@link TestAuthority}'s. */
  public FakeRegistry(Wire wire) {
    this(wire, InetAddress.getLoopbackAddress());
  }

  /** One at another address of this machine. */
  public FakeRegistry(Wire wire, InetAddress address) {
    this.wire = wire;
    this.address = address;
    new Random(20261120).nextBytes(bytes);
    blob = Descriptor.of("application/x", Digest.of(bytes), bytes.length);
    content = new FakeContent(bytes);
    server = listen(0);
    port = server.getPort();
  }

  private MockWebServer listen(int port) {
    MockWebServer started = new MockWebServer();
    started.setServerSocketFactory(connections);
    switch (wire) {
      case HTTP_1 -> started.setProtocols(List.of(Protocol.HTTP_1_1));
      case HTTP_1_TLS -> {
        started.useHttps(TestAuthority.serverSockets());
        started.setProtocols(List.of(Protocol.HTTP_1_1));
      }
      case HTTP_2_TLS -> started.useHttps(TestAuthority.serverSockets());
    }
    started.setDispatcher(
        new Dispatcher() {
          @Override
          public MockResponse dispatch(RecordedRequest request) {
            return answer(request);
          }
        });
    try {
      started.start(address, port);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return started;
  }

  private MockResponse answer(RecordedRequest request) {
    requests.add(request);
    Fault fault = faults.poll();
    if (fault == null) {
      for (Rule rule : rules) {
        if (rule.matches().test(request)) {
          fault = rule.fault();
          break;
        }
      }
    }
    if (fault instanceof Faults.Disconnect) {
      connections.closeAll();
    }
    MockResponse good = content.answer(request);
    return fault == null ? good : fault.answer(request, good);
  }

  /** The next requests are answered so, one fault each. */
  public FakeRegistry next(Fault... these) {
    faults.addAll(List.of(these));
    return this;
  }

  /** Requests that match are answered so, unless an earlier rule matches them. */
  public FakeRegistry always(Predicate<RecordedRequest> matches, Fault fault) {
    rules.add(new Rule(matches, fault));
    return this;
  }

  /** Ends what {@link #always} said. */
  public void heal() {
    rules.clear();
    faults.clear();
  }

  /** Matches reads of blobs' bytes. */
  public static boolean isBlobRead(RecordedRequest request) {
    return "GET".equals(request.getMethod()) && request.getUrl().encodedPath().contains("/blobs/");
  }

  /** Lets nobody in who shows no certificate that {@link TestAuthority} has issued. */
  public void requireClientCertificate() {
    server.requireClientAuth();
  }

  /** The blob that it has from the start. */
  public Descriptor blob() {
    return blob;
  }

  /** The bytes of {@link #blob}. */
  public byte[] bytes() {
    return bytes;
  }

  /** Has it hold a blob, in every repository. */
  public Descriptor add(byte[] more) {
    return content.add(more);
  }

  /** Has it hold a manifest under a tag, in every repository. */
  public void add(String tag, ImageDocument manifest) {
    content.add(tag, manifest);
  }

  /** The tags and digests under which manifests were put, in that order. */
  public List<String> tags() {
    return content.tags();
  }

  /** The manifest under a tag or digest. */
  public ImageDocument manifest(String selector) {
    return content.manifest(selector).orElseThrow();
  }

  /** Whether a blob was put. */
  public boolean has(Digest digest) {
    return content.has(digest.toString());
  }

  /** Its host and port, as references have them. */
  public String host() {
    return address.getHostAddress() + ":" + port;
  }

  /** Its scheme, host and port. */
  public String origin() {
    return (wire == Wire.HTTP_1 ? "http://" : "https://") + host();
  }

  public String url(String path) {
    return origin() + path;
  }

  public ImageReference image() {
    return ImageReference.parse(host() + "/a/b:t");
  }

  /** All of {@link #blob}, whatever part was asked for. */
  public MockResponse whole() {
    return new MockResponse.Builder().code(200).body(new Buffer().write(bytes)).build();
  }

  /** A part of {@link #blob}, which says of itself what it is told to. */
  public MockResponse part(int first, int last, String contentRange) {
    return FakeContent.part(bytes, first, last, contentRange);
  }

  /** Every request so far. */
  public List<RecordedRequest> requests() {
    return requests;
  }

  /** Every request so far, as "GET /path?query bytes=1-2". */
  public List<String> lines() {
    List<String> lines = new ArrayList<>();
    for (RecordedRequest request : requests) {
      String range = request.getHeaders().get("Range");
      lines.add(
          request.getMethod() + " " + request.getTarget() + (range == null ? "" : " " + range));
    }
    return lines;
  }

  /** Ends all connections and refuses new ones. */
  public void goAway() {
    server.close();
  }

  /** Listens again where it did. */
  public void comeBack() {
    server = listen(port);
  }

  @Override
  public void close() {
    server.close();
  }
}
