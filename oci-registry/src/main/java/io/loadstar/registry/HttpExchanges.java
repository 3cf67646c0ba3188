package io.loadstar.registry;

import io.loadstar.registry.RegistryRequest.Patience;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.util.concurrent.TimeUnit;
import okhttp3.ConnectionPool;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * One request, one answer: the HTTP client with its connections and time limits. Thread-safe. Knows
 * nothing of credentials, redirects or retries.
 */
final class HttpExchanges implements Closeable {

  /** Enough for a node that pulls several images at once; idle ones cost a descriptor each. */
  private static final int IDLE_CONNECTIONS = 32;

  private static final long IDLE_MINUTES = 5;

  private final OkHttpClient client;
  private final OkHttpClient patientClient;
  private final Timeouts timeouts;

  HttpExchanges(RegistryAccess access) {
    this.timeouts = access.timeouts();
    this.client =
        new OkHttpClient.Builder()
            .connectionPool(new ConnectionPool(IDLE_CONNECTIONS, IDLE_MINUTES, TimeUnit.MINUTES))
            .followRedirects(false)
            .followSslRedirects(false)
            .connectTimeout(timeouts.connect())
            .readTimeout(timeouts.firstByte())
            .writeTimeout(timeouts.stall())
            .addNetworkInterceptor(new TrafficInterceptor(access.traffic()))
            .build();
    this.patientClient = client.newBuilder().readTimeout(timeouts.commit()).build();
  }

  /**
   * Sends {@code request}. The caller closes the answer.
   *
   * @throws RegistryException.Unreachable if there is no answer
   * @throws InterruptedIOException if the thread was interrupted
   */
  Response exchange(Request request, Patience patience) throws IOException {
    Request identity =
        request
            .newBuilder()
            .header("Accept-Encoding", "identity")
            .header("User-Agent", "loadstar")
            .build();
    OkHttpClient waiting =
        switch (patience) {
          case ANSWER -> client;
          case COMMIT -> patientClient;
        };
    try {
      Response response = waiting.newCall(identity).execute();
      response
          .body()
          .source()
          .timeout()
          .timeout(timeouts.stall().toMillis(), TimeUnit.MILLISECONDS);
      return response;
    } catch (IOException e) {
      throw orInterrupted(e, Failures.unanswered(request, e));
    } catch (RuntimeException e) {
      throw e;
    } catch (Exception e) {
      // okhttp is Kotlin, where an InterruptedException needs no declaration.
      Thread.currentThread().interrupt();
      throw orInterrupted(e, Failures.unanswered(request, new IOException(e)));
    }
  }

  /**
   * What to throw for {@code cause}: {@code failure}, unless this thread is interrupted. An
   * interrupt closes a virtual thread's socket, which looks like a failure of the network.
   */
  static IOException orInterrupted(Exception cause, IOException failure) {
    if (!Thread.currentThread().isInterrupted()) {
      return failure;
    }
    InterruptedIOException interrupted = new InterruptedIOException("interrupted");
    interrupted.initCause(cause);
    return interrupted;
  }

  /**
   * The answer's whole body.
   *
   * @throws RegistryException if it is over {@code limit} bytes or breaks off
   */
  byte[] readCapped(Response response, int limit, String object) throws IOException {
    if (response.body().contentLength() > limit) {
      throw Failures.nonsense(response, object, "sent more than " + limit + " bytes");
    }
    byte[] bytes;
    try (InputStream in = response.body().byteStream()) {
      bytes = in.readNBytes(limit + 1);
    } catch (IOException e) {
      throw orInterrupted(e, Failures.brokenOff(response.request(), object, e));
    }
    if (bytes.length > limit) {
      throw Failures.nonsense(response, object, "sent more than " + limit + " bytes");
    }
    return bytes;
  }

  /** Ends idle connections and refuses nothing: transfers under way go on. */
  @Override
  public void close() {
    client.connectionPool().evictAll();
    client.dispatcher().executorService().shutdown();
  }
}
