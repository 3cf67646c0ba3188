package io.loadstar.registry;

import io.loadstar.registry.RegistryRequest.Patience;
import io.loadstar.registry.RegistryRequest.Purpose;
import java.io.IOException;
import java.time.Duration;
import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;
import okhttp3.Response;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An upload that a registry has begun to take. Immutable.
 *
 * @param http sends requests
 * @param started the request that was answered by this session
 * @param url where its bytes go
 */
record UploadSession(RegistryHttp http, RegistryRequest started, HttpUrl url) {

  private static final Logger LOG = LoggerFactory.getLogger(UploadSession.class);

  private static final int NOT_FOUND = 404;

  /**
   * What a registry says to a cancellation: done, gone, or not in this state. Distribution says 400
   * and cancels all the same when bytes have come since the session's URL was made.
   */
  private static final Set<Integer> CANCEL_ANSWERS =
      Set.of(200, 202, 204, 400, NOT_FOUND, 416, 500);

  private static final int CANCEL_ATTEMPTS = 5;
  private static final Duration FIRST_PAUSE = Duration.ofMillis(50);

  /** Gives up a session that no byte went to: one request. */
  void cancelUnused() {
    tidyUp(() -> cancelOnce());
  }

  /**
   * Gives up a session whose transfer broke off. The registry may still be writing the bytes that
   * came, behind the back of the cancellation, so it is told again until it knows of no session.
   *
   * @param pause waits in between
   */
  void cancelBroken(RetryPolicy.Pause pause) {
    tidyUp(() -> {
      Duration wait = FIRST_PAUSE;
      for (int attempt = 1; attempt <= CANCEL_ATTEMPTS; attempt++) {
        if (cancelOnce() == NOT_FOUND) {
          return;
        }
        pause.pause(wait);
        wait = wait.multipliedBy(2);
      }
    });
  }

  /** A part of the tidying up. */
  @FunctionalInterface
  private interface Step {
    void run() throws IOException, InterruptedException;
  }

  private int cancelOnce() throws IOException {
    Request delete = new Request.Builder().url(url).delete().build();
    Purpose purpose =
        new Purpose(started.purpose().scope(), started.purpose().object(), Patience.ANSWER);
    try (Response response =
        http.send(new RegistryRequest(delete, started.host(), purpose, CANCEL_ANSWERS))) {
      return response.code();
    }
  }

  /** Done also by a thread that was told to stop. What can't be cancelled, the registry forgets. */
  private void tidyUp(Step step) {
    boolean interrupted = Thread.interrupted();
    try {
      step.run();
    } catch (IOException e) {
      LOG.debug("an upload of {} stays behind: {}", started.purpose().object(), e.getMessage());
    } catch (InterruptedException e) {
      interrupted = true;
    } finally {
      if (interrupted) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
