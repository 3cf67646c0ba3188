package io.loadstar.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.registry.hosts.ConfiguredHost;
import java.io.IOException;
import java.net.URI;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicLong;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Which host is asked first, and how many retries a server gets. */
final class HostHealthTest {

  private static final RegistryException.Exchange NOWHERE =
      new RegistryException.Exchange("GET", "https://x/", 0);

  private final AtomicLong now = new AtomicLong();
  private final HostHealth health = new HostHealth(now::get);
  private final RegistryHost mirror = host("mirror");
  private final RegistryHost server = host("server");
  private final List<String> asked = new ArrayList<>();
  private @Nullable IOException mirrorFails;
  private @Nullable IOException serverFails;

  @Test
  void aMirrorThatFailsIsAskedLastUntilItHasRested() throws IOException {
    mirrorFails = unreachable();
    assertEquals("server", ask());
    assertEquals(List.of("mirror", "server"), asked);
    assertEquals("server", ask());
    assertEquals(List.of("mirror", "server", "server"), asked);
    mirrorFails = null;
    pass(HostHealth.FIRST_REST);
    assertEquals("mirror", ask());
  }

  @Test
  void eachFurtherFailureDoublesTheRestUpToABound() throws IOException {
    mirrorFails = unreachable();
    ask();
    pass(HostHealth.FIRST_REST);
    ask();
    asked.clear();
    pass(HostHealth.FIRST_REST);
    ask();
    assertEquals(List.of("server"), asked);
    for (int i = 0; i < 20; i++) {
      pass(HostHealth.LONGEST_REST);
      ask();
    }
    asked.clear();
    pass(HostHealth.LONGEST_REST);
    ask();
    assertEquals(List.of("mirror", "server"), asked);
  }

  @Test
  void aMirrorIsLeftAloneForAsLongAsItAsks() throws IOException {
    mirrorFails = new RegistryException.Refused(NOWHERE, "later", Duration.ofSeconds(60));
    serverFails = null;
    ask();
    assertEquals(List.of("mirror", "server"), asked);
    mirrorFails =
        new RegistryException.Refused(
            new RegistryException.Exchange("GET", "https://x/", 429),
            "later",
            Duration.ofSeconds(60));
    ask();
    asked.clear();
    pass(Duration.ofSeconds(59));
    ask();
    assertEquals(List.of("server"), asked);
    pass(Duration.ofSeconds(1));
    ask();
    assertEquals(List.of("server", "mirror", "server"), asked);
  }

  @Test
  void whatAMirrorDoesNotHaveSaysNothingOfItsHealth() throws IOException {
    mirrorFails = new RegistryException.NotFound(NOWHERE, "none");
    ask();
    ask();
    assertEquals(List.of("mirror", "server", "mirror", "server"), asked);
  }

  @Test
  void wrongContentFromAMirrorIsHadFromTheServer() throws IOException {
    mirrorFails = new DigestMismatchException("x", Digest.of(new byte[0]), Digest.of(new byte[1]));
    assertEquals("server", ask());
  }

  @Test
  void whenAllRestAllAreAskedInTheirOrder() {
    mirrorFails = unreachable();
    serverFails = unreachable();
    IOException e = assertThrows(RegistryException.Unreachable.class, this::ask);
    assertEquals(1, e.getSuppressed().length);
    assertThrows(RegistryException.Unreachable.class, this::ask);
    assertEquals(List.of("mirror", "server", "mirror", "server"), asked);
  }

  @Test
  void retriesAreBoundedByTheServerAndComeBackByTimeAndAnswers() {
    RetryBudget budget = new RetryBudget(now::get);
    for (int i = 0; i < RetryBudget.CAPACITY; i++) {
      assertTrue(budget.take("a", now.get()));
    }
    assertFalse(budget.take("a", now.get()));
    assertTrue(budget.take("b", now.get()), "another server has its own");
    pass(Duration.ofSeconds(2));
    assertTrue(budget.take("a", now.get()));
    assertTrue(budget.take("a", now.get()));
    assertFalse(budget.take("a", now.get()));
    for (int i = 0; i < 11; i++) {
      budget.answered("a");
    }
    assertTrue(budget.take("a", now.get()));
    assertFalse(budget.take("a", now.get()));
    pass(Duration.ofDays(1));
    for (int i = 0; i < RetryBudget.CAPACITY; i++) {
      assertTrue(budget.take("a", now.get()));
    }
    assertFalse(budget.take("a", now.get()));
  }

  @Test
  void whatFailedBeforeTheServersLastAnswerIsTriedAgainForNothing() {
    RetryBudget budget = new RetryBudget(now::get);
    long failedAt = now.get();
    while (budget.take("a", failedAt)) {}
    pass(Duration.ofMillis(100));
    budget.answered("a");
    for (int i = 0; i < 100; i++) {
      assertTrue(budget.take("a", failedAt));
    }
    assertFalse(budget.take("a", now.get()), "this one has failed since");
  }

  private String ask() throws IOException {
    return health.firstOf(
        List.of(mirror, server),
        host -> {
          String name = host.base().host();
          asked.add(name);
          IOException failure = name.equals("mirror") ? mirrorFails : serverFails;
          if (failure != null) {
            throw failure;
          }
          return name;
        });
  }

  private void pass(Duration time) {
    now.addAndGet(time.toNanos());
  }

  private static IOException unreachable() {
    return new RegistryException.Unreachable(NOWHERE, "away", new IOException("away"));
  }

  private static RegistryHost host(String name) {
    URI base = URI.create("https://" + name + "/v2");
    HttpUrl url = Optional.ofNullable(HttpUrl.parse(base + "/")).orElseThrow();
    return new RegistryHost(name, url, null, ConfiguredHost.usual(base));
  }
}
