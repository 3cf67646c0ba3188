package io.loadstar.registry.fake;

import java.io.IOException;
import java.time.Duration;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import mockwebserver3.MockResponse;
import mockwebserver3.MockResponseBody;
import mockwebserver3.RecordedRequest;
import mockwebserver3.SocketEffect;
import okio.Buffer;

/** The faults that registries and networks have. */
public final class Faults {

  private Faults() {}

  /** No fault: the good answer, in its turn. */
  public static Fault none() {
    return (request, good) -> good;
  }

  /**
   * A status instead of content.
   *
   * @param headers name, value, name, value …
   */
  public static Fault status(int code, String... headers) {
    MockResponse.Builder response = new MockResponse.Builder().code(code);
    for (int i = 0; i < headers.length; i += 2) {
      response.addHeader(headers[i], headers[i + 1]);
    }
    MockResponse built = response.build();
    return (request, good) -> built;
  }

  /** A body with a status. */
  public static Fault body(int code, String text) {
    MockResponse built = new MockResponse.Builder().code(code).body(text).build();
    return (request, good) -> built;
  }

  /** A redirect that keeps the method. */
  public static Fault redirect(String url) {
    return status(307, "Location", url);
  }

  /** The good answer, {@code time} late. */
  public static Fault latency(Duration time) {
    return (request, good) ->
        good.newBuilder().headersDelay(time.toMillis(), TimeUnit.MILLISECONDS).build();
  }

  /** The good answer, its body no faster than this. */
  public static Fault bandwidth(long bytesPerSecond) {
    long each = Math.max(1, bytesPerSecond / 10);
    return (request, good) ->
        good.newBuilder().throttleBody(each, 100, TimeUnit.MILLISECONDS).build();
  }

  /** The good answer, of whose body nothing more comes after so many bytes. */
  public static Fault stall(long afterBytes) {
    return (request, good) -> good.newBuilder().throttleBody(afterBytes, 1, TimeUnit.DAYS).build();
  }

  /** No answer, on a connection that stays open. */
  public static Fault silence() {
    return latency(Duration.ofDays(1));
  }

  /** All connections that the registry has are closed instead of an answer. */
  public static Fault disconnect() {
    return new Disconnect();
  }

  /** Done by the registry itself: the server knows no such thing for HTTP/2. */
  record Disconnect() implements Fault {
    @Override
    public MockResponse answer(RecordedRequest request, MockResponse good) {
      return good.newBuilder().onResponseStart(new SocketEffect.CloseSocket()).build();
    }
  }

  /** The connection breaks when half of the body has been sent. */
  public static Fault earlyClose() {
    return (request, good) ->
        good.newBuilder().onResponseBody(new SocketEffect.CloseSocket()).build();
  }

  /** The good answer with each byte of its body turned over. */
  public static Fault wrongBytes() {
    return (request, good) -> {
      byte[] bytes = bodyOf(good);
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] ^= 0x55;
      }
      return good.newBuilder().body(new Buffer().write(bytes)).build();
    };
  }

  /** The good answer without its length: in chunks of HTTP/1.1, in HTTP/2's own frames. */
  public static Fault withoutLength() {
    return (request, good) ->
        "HTTP/2".equals(request.getVersion())
            ? good.newBuilder().removeHeader("Content-Length").build()
            : good.newBuilder().chunkedBody(bodyBuffer(good), 1000).build();
  }

  /** The bytes of an answer's body. */
  public static byte[] bodyOf(MockResponse response) {
    return bodyBuffer(response).readByteArray();
  }

  private static Buffer bodyBuffer(MockResponse response) {
    Buffer buffer = new Buffer();
    MockResponseBody body = response.getBody();
    try {
      if (body != null) {
        body.writeTo(Objects.requireNonNull(buffer));
      }
    } catch (IOException e) {
      throw new IllegalStateException("memory isn't written to", e);
    }
    return buffer;
  }
}
