package io.loadstar.registry.fake;

import io.loadstar.blob.Digest;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okio.Buffer;
import org.jspecify.annotations.Nullable;

/**
 * A fake registry's uploads: in one PUT, in pieces, or by a mount from another repository.
 * Thread-safe. Source: OCI distribution-spec 1.1, "Pushing Blobs".
 */
final class FakeUploads {

  private final FakeContent content;
  private final Map<String, Buffer> sessions = new ConcurrentHashMap<>();
  private final AtomicInteger last = new AtomicInteger();

  FakeUploads(FakeContent content) {
    this.content = content;
  }

  MockResponse answer(RecordedRequest request) {
    String method = String.valueOf(request.getMethod());
    String path = request.getUrl().encodedPath();
    if (method.equals("POST")) {
      return begin(request, path);
    }
    Buffer session = sessions.get(path);
    if (session == null) {
      return FakeContent.status(404);
    }
    return switch (method) {
      case "PATCH" -> {
        append(session, request);
        yield at(202, path, session);
      }
      case "PUT" -> {
        append(session, request);
        sessions.remove(path);
        yield finish(session, request.getUrl().queryParameter("digest"));
      }
      case "GET" -> at(204, path, session);
      case "DELETE" -> {
        sessions.remove(path);
        yield FakeContent.status(204);
      }
      default -> FakeContent.status(405);
    };
  }

  private MockResponse begin(RecordedRequest request, String path) {
    String mounted = request.getUrl().queryParameter("mount");
    if (mounted != null && content.has(mounted)) {
      return FakeContent.status(201);
    }
    String session = path + last.incrementAndGet();
    sessions.put(session, new Buffer());
    return new MockResponse.Builder().code(202).addHeader("Location", session).build();
  }

  private MockResponse finish(Buffer session, @Nullable String digest) {
    byte[] bytes = session.readByteArray();
    if (!Digest.of(bytes).toString().equals(digest)) {
      return new MockResponse.Builder()
          .code(400)
          .body("{\"errors\":[{\"code\":\"DIGEST_INVALID\"}]}")
          .build();
    }
    content.add(bytes);
    return FakeContent.status(201);
  }

  private static void append(Buffer session, RecordedRequest request) {
    if (request.getBody() != null) {
      session.write(request.getBody());
    }
  }

  private static MockResponse at(int status, String path, Buffer session) {
    return new MockResponse.Builder()
        .code(status)
        .addHeader("Location", path)
        .addHeader("Range", "0-" + Math.max(0, session.size() - 1))
        .build();
  }
}
