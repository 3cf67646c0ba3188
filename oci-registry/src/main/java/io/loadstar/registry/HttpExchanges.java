package io.loadstar.registry;

import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.io.InterruptedIOException;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import okhttp3.OkHttpClient;
import okhttp3.Request;
import okhttp3.Response;

/**
 * One request, one answer: the HTTP client with its connections and time limits. Thread-safe. Knows
 * nothing of credentials, redirects or retries.
 */
final class HttpExchanges implements Closeable {

  private static final int TOO_MANY_REQUESTS = 429;

  private final HttpClients clients;
  private final RetryBudget budget;
  private final Duration stall;

  HttpExchanges(RegistryAccess access, RetryBudget budget) {
    this.clients = new HttpClients(access);
    this.budget = budget;
    this.stall = access.network().timeouts().stall();
  }

  /**
   * Sends {@code request}. The caller closes the answer.
   *
   * @param purpose the request that this one is a part of: it, a redirect of it, its token's
   * @throws RegistryException.Unreachable if there is no answer
   * @throws RegistryException.NotServed if the host's configuration can't be used
   * @throws InterruptedIOException if the thread was interrupted
   */
  Response exchange(Request request, RegistryRequest purpose) throws IOException {
    OkHttpClient client;
    try {
      client = clients.find(request.url(), purpose.host(), purpose.purpose().patience());
    } catch (IOException e) {
      throw Failures.unusable(request, e);
    }
    Request identity =
        request
            .newBuilder()
            .header("Accept-Encoding", "identity")
            .header("User-Agent", "loadstar")
            .tag(RegistryHost.class, purpose.host())
            .build();
    try {
      Response response = client.newCall(identity).execute();
      response.body().source().timeout().timeout(stall.toMillis(), TimeUnit.MILLISECONDS);
      if (response.code() < 500 && response.code() != TOO_MANY_REQUESTS) {
        budget.answered(RegistryHost.authority(request.url()));
      }
      return response;
    } catch (RedirectGuard.Refused e) {
      throw Failures.misled(request, purpose, e);
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

  @Override
  public void close() {
    clients.close();
  }
}
