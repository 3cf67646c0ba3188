package io.loadstar.registry;

import io.loadstar.credentials.CredentialSource;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;

/** An access that counts, remembers its pauses instead of making them, and tries three times. */
final class TestAccess {

  private static final Duration LIMIT = Duration.ofSeconds(5);

  final List<Duration> pauses = new CopyOnWriteArrayList<>();
  final CountedTraffic traffic = new CountedTraffic();

  RegistryAccess access() {
    return new RegistryAccess(
        PlainHttp.loopbackOnly(),
        Map.of(),
        CredentialSource.anonymous(),
        new Timeouts(LIMIT, LIMIT, LIMIT, LIMIT),
        new RetryPolicy(2, Duration.ofMillis(1), Duration.ofSeconds(20), pauses::add),
        traffic);
  }
}
