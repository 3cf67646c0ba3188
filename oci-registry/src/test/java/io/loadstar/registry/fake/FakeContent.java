package io.loadstar.registry.fake;

import io.loadstar.blob.Digest;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDocument;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * What a {@link FakeRegistry} holds, and how it serves that when nothing is wrong. Blobs and
 * manifests are in every repository. Thread-safe. Source: OCI distribution-spec 1.1.
 */
final class FakeContent {

  private static final Pattern BLOB = Pattern.compile("/v2/.+/blobs/(sha256:[0-9a-f]{64})");
  private static final Pattern UPLOAD = Pattern.compile("/v2/.+/blobs/uploads/.*");
  private static final Pattern MANIFEST = Pattern.compile("/v2/(.+)/manifests/([^/]+)");
  private static final Pattern RANGE = Pattern.compile("bytes=(\\d*)-(\\d*)");

  private final byte[] first;
  private final Map<String, byte[]> blobs = new ConcurrentHashMap<>();
  private final Map<String, ImageDocument> manifests = new ConcurrentHashMap<>();
  private final List<String> tags = new CopyOnWriteArrayList<>();
  private final FakeUploads uploads = new FakeUploads(this);

  /**
   * @param first what paths outside of {@code /v2/} serve, as an object store would
   */
  FakeContent(byte[] first) {
    this.first = first;
    add(first);
  }

  Descriptor add(byte[] bytes) {
    Digest digest = Digest.of(bytes);
    blobs.put(digest.toString(), bytes);
    return Descriptor.of("application/octet-stream", digest, bytes.length);
  }

  void add(String tag, ImageDocument manifest) {
    manifests.put(tag, manifest);
    manifests.put(manifest.digest().toString(), manifest);
    tags.add(tag);
  }

  boolean has(String digest) {
    return blobs.containsKey(digest);
  }

  Optional<byte[]> blob(String digest) {
    return Optional.ofNullable(blobs.get(digest));
  }

  /** The tags and digests under which manifests were put, in that order. */
  List<String> tags() {
    return List.copyOf(tags);
  }

  Optional<ImageDocument> manifest(String selector) {
    return Optional.ofNullable(manifests.get(selector));
  }

  MockResponse answer(RecordedRequest request) {
    String path = request.getUrl().encodedPath().replace("%3A", ":");
    Matcher blob = BLOB.matcher(path);
    if (blob.matches()) {
      byte[] bytes = blobs.get(blob.group(1));
      return bytes == null ? missing(request, "BLOB_UNKNOWN") : bytes(request, bytes);
    }
    Matcher manifest = MANIFEST.matcher(path);
    if (manifest.matches()) {
      return manifest(request, manifest.group(2));
    }
    if (UPLOAD.matcher(path).matches()) {
      return uploads.answer(request);
    }
    if (path.startsWith("/v2/")) {
      return path.equals("/v2/") ? status(200) : missing(request, "UNSUPPORTED");
    }
    return bytes(request, first);
  }

  private MockResponse manifest(RecordedRequest request, String selector) {
    if ("PUT".equals(request.getMethod())) {
      byte[] bytes = request.getBody() == null ? new byte[0] : request.getBody().toByteArray();
      String type = String.valueOf(request.getHeaders().get("Content-Type"));
      add(selector, ImageDocument.of(type, bytes));
      return status(201);
    }
    ImageDocument found = manifests.get(selector);
    if (found == null) {
      return missing(request, "MANIFEST_UNKNOWN");
    }
    return withBody(request, found.bytes())
        .addHeader("Content-Type", found.mediaType())
        .addHeader("Docker-Content-Digest", found.digest())
        .build();
  }

  /** Bytes in whole, or the part of them that is asked for. */
  private static MockResponse bytes(RecordedRequest request, byte[] bytes) {
    Matcher range = RANGE.matcher(rangeOf(request));
    if (!range.matches()) {
      return withBody(request, bytes).build();
    }
    boolean suffix = range.group(1).isEmpty();
    long from =
        suffix
            ? Math.max(0, bytes.length - Long.parseLong(range.group(2)))
            : Long.parseLong(range.group(1));
    long last =
        suffix || range.group(2).isEmpty()
            ? bytes.length - 1
            : Math.min(bytes.length - 1, Long.parseLong(range.group(2)));
    if (from > last) {
      return new MockResponse.Builder()
          .code(416)
          .addHeader("Content-Range", "bytes */" + bytes.length)
          .build();
    }
    return part(bytes, (int) from, (int) last, "bytes " + from + "-" + last + "/" + bytes.length);
  }

  static MockResponse part(byte[] bytes, int from, int last, String contentRange) {
    return new MockResponse.Builder()
        .code(206)
        .addHeader("Content-Range", contentRange)
        .body(new Buffer().write(bytes, from, last - from + 1))
        .build();
  }

  private static MockResponse.Builder withBody(RecordedRequest request, byte[] bytes) {
    MockResponse.Builder answer = new MockResponse.Builder();
    return "HEAD".equals(request.getMethod())
        ? answer.setHeader("Content-Length", bytes.length)
        : answer.body(new Buffer().write(bytes));
  }

  private static String rangeOf(RecordedRequest request) {
    @Nullable String range = request.getHeaders().get("Range");
    return range == null ? "" : range;
  }

  static MockResponse status(int code) {
    return new MockResponse.Builder().code(code).build();
  }

  /** Without a body for HEAD: what follows such an answer is the next one. */
  private static MockResponse missing(RecordedRequest request, String code) {
    MockResponse.Builder answer = new MockResponse.Builder().code(404);
    return "HEAD".equals(request.getMethod())
        ? answer.build()
        : answer.body("{\"errors\":[{\"code\":\"" + code + "\"}]}").build();
  }
}
