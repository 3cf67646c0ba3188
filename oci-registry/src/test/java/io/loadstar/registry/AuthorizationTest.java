package io.loadstar.registry;

import static io.loadstar.registry.fake.Faults.status;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.credentials.Credentials;
import io.loadstar.credentials.Keychain;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Fault;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.IntStream;
import mockwebserver3.MockResponse;
import mockwebserver3.RecordedRequest;
import okio.ByteString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;

@ParameterizedClass
@EnumSource
final class AuthorizationTest {

  private static final Credentials LOGIN = new Credentials.UsernamePassword("u", "hidden");
  private static final Credentials OLD = new Credentials.UsernamePassword("u", "old");
  private static final String PULL = "scope=repository%3Aa%2Fb%3Apull";

  private final FakeRegistry.Wire wire;
  private final TestAccess known;
  private FakeRegistry registry;
  private FakeRegistry tokens;

  AuthorizationTest(FakeRegistry.Wire wire) {
    this.wire = wire;
    this.known = new TestAccess(wire);
  }

  @BeforeEach
  void start() throws IOException {
    registry = new FakeRegistry(wire);
    tokens = new FakeRegistry(wire);
  }

  @AfterEach
  void stop() {
    registry.close();
    tokens.close();
  }

  @Test
  void aTokenIsGotOnceAndBroughtFromThenOn() throws IOException {
    registry.next(challenge());
    tokens.next(token("t1"));
    try (RegistryClient client = client(LOGIN)) {
      read(client);
      read(client);
    }
    assertEquals(1, tokens.requests().size());
    RecordedRequest asked = tokens.requests().getFirst();
    assertEquals(
        "/token?service=s&" + PULL, asked.getTarget().replace(":", "%3A").replace("a/b", "a%2Fb"));
    assertEquals("Basic dTpoaWRkZW4=", asked.getHeaders().get("Authorization"));
    assertEquals(3, registry.requests().size());
    assertEquals("Bearer t1", bearer(1));
    assertEquals("Bearer t1", bearer(2));
  }

  @Test
  void withoutCredentialsATokenForAnyoneIsAskedFor() throws IOException {
    registry.next(challenge());
    tokens.next(token("t1"));
    try (RegistryClient client = client(new Credentials.Anonymous())) {
      read(client);
    }
    assertEquals(null, tokens.requests().getFirst().getHeaders().get("Authorization"));
  }

  @Test
  void anIdentityTokenIsExchangedByPost() throws IOException {
    registry.next(challenge());
    tokens.next((request, good) ->
        new MockResponse.Builder().body("{\"access_token\":\"t2\",\"expires_in\":60}").build());
    try (RegistryClient client = client(new Credentials.IdentityToken("refresh"))) {
      read(client);
    }
    RecordedRequest asked = tokens.requests().getFirst();
    assertEquals("POST", asked.getMethod());
    ByteString form = asked.getBody();
    assertTrue(form != null && form.utf8().contains("refresh_token=refresh"));
    assertEquals("Bearer t2", bearer(1));
  }

  @Test
  void aRegistryTokenIsBroughtAsItIs() throws IOException {
    registry.next(challenge());
    try (RegistryClient client = client(new Credentials.RegistryToken("own"))) {
      read(client);
    }
    assertEquals(List.of(), tokens.lines());
    assertEquals("Bearer own", bearer(1));
  }

  @Test
  void aRefusedTokenIsReplacedOnce() throws IOException {
    registry.next(challenge());
    tokens.next(token("t1"), token("t2"));
    try (RegistryClient client = client(LOGIN)) {
      read(client);
      registry.next(challenge());
      read(client);
    }
    assertEquals(2, tokens.requests().size());
    assertEquals("Bearer t1", bearer(2));
    assertEquals("Bearer t2", bearer(3));
  }

  @Test
  void aTokenThatIsRefusedAgainIsAnErrorWithARemedy() throws IOException {
    registry.next(challenge(), challenge());
    tokens.next(token("t1"));
    try (RegistryClient client = client(LOGIN)) {
      RegistryException e = assertThrows(RegistryException.Unauthorized.class, () -> read(client));
      assertTrue(String.valueOf(e.getMessage()).contains("docker login " + registry.host()));
      assertEquals(401, e.status());
    }
    assertEquals(2, registry.requests().size());
  }

  @Test
  void oneTokenIsGotForAllWhoWaitAtTheSameTime() throws Exception {
    int readers = 8;
    CountDownLatch challenged = new CountDownLatch(readers);
    CountDownLatch go = new CountDownLatch(1);
    for (int i = 0; i < readers; i++) {
      registry.next((request, good) -> {
        challenged.countDown();
        await(challenged);
        return challenge().answer(request, good);
      });
    }
    tokens.next((request, good) -> {
      await(go);
      return token("t1").answer(request, good);
    });
    try (RegistryClient client = client(LOGIN);
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Callable<Boolean> reading =
          () -> {
            read(client);
            return true;
          };
      List<Future<Boolean>> all =
          IntStream.range(0, readers).mapToObj(i -> pool.submit(reading)).toList();
      assertTrue(challenged.await(20, TimeUnit.SECONDS));
      go.countDown();
      for (Future<Boolean> one : all) {
        assertTrue(one.get());
      }
    }
    assertEquals(1, tokens.requests().size());
    assertEquals(2 * readers, registry.requests().size());
  }

  @Test
  void aTokenIsReplacedBeforeItEnds() throws IOException {
    AtomicLong now = new AtomicLong();
    registry.next(challenge());
    tokens.next(token("t1"), token("t2"));
    try (RegistryClient client =
        new RegistryClient(known.access().withCredentials(host -> LOGIN), now::get)) {
      read(client);
      // It is good for 300 s, and used for nine tenths of them.
      now.set(Duration.ofSeconds(269).toNanos());
      read(client);
      assertEquals(1, tokens.requests().size());
      now.set(Duration.ofSeconds(271).toNanos());
      read(client);
    }
    assertEquals(2, tokens.requests().size());
    assertEquals("Bearer t2", bearer(3));
    assertEquals(4, registry.requests().size(), "nothing was refused");
  }

  @Test
  void aHundredReadersAfterATokenHasEndedCostOneNewToken() throws Exception {
    int readers = 100;
    AtomicLong now = new AtomicLong();
    registry.next(challenge());
    tokens.next(token("t1"), token("t2"));
    try (RegistryClient client =
            new RegistryClient(known.access().withCredentials(host -> LOGIN), now::get);
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      read(client);
      now.set(Duration.ofHours(1).toNanos());
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < readers; i++) {
        Callable<?> reading = () -> read(client);
        all.add(pool.submit(reading));
      }
      for (Future<?> one : all) {
        one.get();
      }
    }
    assertEquals(2, tokens.requests().size());
    assertEquals(2 + readers, registry.requests().size());
  }

  @Test
  void whoStopsWaitingDoesNotStopTheOthers() throws Exception {
    CountDownLatch asked = new CountDownLatch(1);
    CountDownLatch never = new CountDownLatch(1);
    registry.next(challenge());
    tokens.next(
        (request, good) -> {
          asked.countDown();
          await(never);
          return token("t1").answer(request, good);
        },
        token("t2"));
    try (RegistryClient client = client(LOGIN);
        ExecutorService pool = Executors.newVirtualThreadPerTaskExecutor()) {
      Future<?> first = pool.submit(() -> read(client));
      assertTrue(asked.await(20, TimeUnit.SECONDS));
      Future<?> second = pool.submit(() -> read(client));
      assertTrue(first.cancel(true));
      second.get(20, TimeUnit.SECONDS);
    } finally {
      never.countDown();
    }
    assertEquals("Bearer t2", registry.requests().getLast().getHeaders().get("Authorization"));
  }

  @Test
  void basicIsBroughtFromTheFirstChallengeOn() throws IOException {
    registry.next(status(401, "WWW-Authenticate", "Basic realm=\"r\""));
    try (RegistryClient client = client(LOGIN)) {
      read(client);
      read(client);
    }
    assertEquals(3, registry.requests().size());
    assertEquals("Basic dTpoaWRkZW4=", bearer(2));
  }

  @Test
  void basicWithoutCredentialsNamesTheRemedy() throws IOException {
    registry.next(status(401, "WWW-Authenticate", "Basic realm=\"r\""));
    try (RegistryClient client = client(new Credentials.Anonymous())) {
      RegistryException e = assertThrows(RegistryException.Unauthorized.class, () -> read(client));
      assertTrue(String.valueOf(e.getMessage()).contains("docker login " + registry.host()));
    }
  }

  @Test
  void credentialsThatTheTokenServerRefusesGiveWayToTheNext() throws IOException {
    registry.next(challenge());
    tokens.next(status(401), token("t2"));
    try (RegistryClient client = client(keychain(OLD, LOGIN))) {
      read(client);
    }
    assertEquals("Basic dTpvbGQ=", tokens.requests().get(0).getHeaders().get("Authorization"));
    assertEquals("Basic dTpoaWRkZW4=", tokens.requests().get(1).getHeaders().get("Authorization"));
    assertEquals("Bearer t2", bearer(1));
  }

  @Test
  void credentialsThatTheRegistryRefusesGiveWayToTheNext() throws IOException {
    Fault basic = status(401, "WWW-Authenticate", "Basic realm=\"r\"");
    // Of the second, a registry that says 403 of a login that is over.
    registry.next(basic, basic, status(403));
    try (RegistryClient client =
        client(keychain(OLD, new Credentials.UsernamePassword("u", "older"), LOGIN))) {
      read(client);
      read(client);
    }
    assertEquals("Basic dTpvbGQ=", bearer(1));
    assertEquals("Basic dTpoaWRkZW4=", bearer(3));
    assertEquals("Basic dTpoaWRkZW4=", bearer(4));
    assertEquals(5, registry.requests().size());
  }

  @Test
  void aLoginThatEndsLaterGivesWayToTheNext() throws IOException {
    Fault basic = status(401, "WWW-Authenticate", "Basic realm=\"r\"");
    registry.next(basic);
    try (RegistryClient client = client(keychain(OLD, LOGIN))) {
      read(client);
      registry.next(status(403));
      read(client);
    }
    assertEquals("Basic dTpvbGQ=", bearer(2));
    assertEquals("Basic dTpoaWRkZW4=", bearer(3));
  }

  @Test
  void aTokenThatIsForbiddenLaterIsRenewedForTheSameCredentials() throws IOException {
    registry.next(challenge());
    tokens.next(token("t1"), token("t2"));
    try (RegistryClient client = client(keychain(LOGIN))) {
      read(client);
      registry.next(status(403));
      read(client);
    }
    assertEquals("Bearer t2", bearer(3));
    assertEquals(
        List.of("Basic dTpoaWRkZW4=", "Basic dTpoaWRkZW4="),
        tokens.requests().stream().map(r -> r.getHeaders().get("Authorization")).toList());
  }

  @Test
  void whatIsPublicNeedsNoCredentialsThatAreRefused() throws IOException {
    registry.next(challenge());
    tokens.next(status(401), token("anyone"));
    try (RegistryClient client = client(keychain(OLD))) {
      read(client);
    }
    assertEquals("Bearer anyone", bearer(1));
  }

  @Test
  void whoHasNothingThatIsTakenIsToldSoAndTriesNoLonger() throws IOException {
    Fault basic = status(401, "WWW-Authenticate", "Basic realm=\"r\"");
    registry.next(basic, basic, basic, basic, basic, basic);
    try (RegistryClient client = client(keychain(OLD, LOGIN))) {
      RegistryException e = assertThrows(RegistryException.Unauthorized.class, () -> read(client));
      assertTrue(String.valueOf(e.getMessage()).contains("denies access"), e.getMessage());
      assertEquals(3, registry.requests().size());
      RegistryException then =
          assertThrows(RegistryException.Unauthorized.class, () -> read(client));
      assertTrue(
          String.valueOf(then.getMessage())
              .contains("denies access (it has refused the credentials that are known)"),
          then.getMessage());
    }
  }

  @Test
  void credentialsAreNotSentToATokenServerInTheClear() throws IOException {
    registry.next(
        status(401, "WWW-Authenticate", "Bearer realm=\"http://tokens.example/x\",service=\"s\""));
    try (RegistryClient client = client(LOGIN)) {
      assertThrows(RegistryException.BadResponse.class, () -> read(client));
    }
  }

  @Test
  void noSecretIsInAnError() throws IOException {
    registry.next(challenge());
    tokens.next(status(403));
    try (RegistryClient client = client(LOGIN)) {
      RegistryException e = assertThrows(RegistryException.class, () -> read(client));
      assertFalse((e + e.url()).contains("hidden"));
    }
    registry.next(challenge());
    tokens.next(
        (request, good) -> new MockResponse.Builder().body("{\"token\":\"hidden\nX: y\"}").build());
    try (RegistryClient client = client(LOGIN)) {
      RegistryException e = assertThrows(RegistryException.class, () -> read(client));
      assertFalse((e + String.valueOf(e.getCause())).contains("hidden"));
    }
  }

  private Fault challenge() {
    return status(
        401,
        "WWW-Authenticate",
        "Bearer realm=\""
            + tokens.url("/token")
            + "\",service=\"s\",scope=\"repository:a/b:pull\"");
  }

  private static Fault token(String token) {
    return (request, good) ->
        new MockResponse.Builder().body("{\"token\":\"" + token + "\",\"expires_in\":300}").build();
  }

  private RegistryClient client(Credentials credentials) {
    return client(host -> credentials);
  }

  /** One place for each of these. */
  private static CredentialSource keychain(Credentials... all) {
    List<CredentialSource> places = new ArrayList<>();
    for (Credentials one : all) {
      places.add(host -> one);
    }
    return new Keychain(places);
  }

  private RegistryClient client(CredentialSource source) {
    return new RegistryClient(known.access().withCredentials(source));
  }

  private @Nullable Void read(RegistryClient client) throws IOException {
    ByteBuffer bytes = ByteBuffer.allocate(5);
    client.openBlob(registry.image(), registry.blob()).readFully(10, bytes);
    return null;
  }

  private @Nullable String bearer(int request) {
    return registry.requests().get(request).getHeaders().get("Authorization");
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await(20, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }
}
