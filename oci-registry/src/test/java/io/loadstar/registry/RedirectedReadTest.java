package io.loadstar.registry;

import static io.loadstar.registry.fake.Faults.redirect;
import static io.loadstar.registry.fake.Faults.status;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.BlobSource;
import io.loadstar.credentials.Credentials;
import io.loadstar.registry.fake.FakeRegistry;
import io.loadstar.registry.fake.Fault;
import io.loadstar.registry.fake.SignedStore;
import java.io.IOException;
import java.net.InetAddress;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.junit.jupiter.api.Test;

/** Registries that send readers elsewhere: to object stores, by URLs that end. */
final class RedirectedReadTest extends RegistryReads {
  RedirectedReadTest(FakeRegistry.Wire wire) {
    super(wire);
  }

  @Test
  void aRedirectIsFollowedWithoutTheAuthorization() throws IOException {
    try (FakeRegistry store = new FakeRegistry(wire);
        RegistryClient loggedIn =
            new RegistryClient(
                known
                    .access()
                    .withCredentials(host -> new Credentials.UsernamePassword("u", "p")))) {
      registry.next(
          status(401, "WWW-Authenticate", "Basic realm=\"r\""),
          redirect(store.url("/bucket?signature=secret")));
      BlobSource blob = loggedIn.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      assertEquals("Basic dTpw", registry.requests().get(1).getHeaders().get("Authorization"));
      assertEquals(List.of("GET /bucket?signature=secret bytes=10-14"), store.lines());
      assertNull(store.requests().getFirst().getHeaders().get("Authorization"));
    }
  }

  @Test
  void aSignedUrlIsUsedUntilItIsRefusedAndThenGotAnew() throws IOException {
    try (FakeRegistry store = new FakeRegistry(wire)) {
      registry.next(redirect(store.url("/first?sig=1")), redirect(store.url("/second?sig=2")));
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      assertArrayEquals(expected(20, 5), bytes(blob, 20, 5));
      assertEquals(1, registry.requests().size(), "the second read goes straight to the store");
      store.next(status(403));
      assertArrayEquals(expected(30, 5), bytes(blob, 30, 5));
      assertEquals(
          List.of(
              "GET /first?sig=1 bytes=10-14",
              "GET /first?sig=1 bytes=20-24",
              "GET /first?sig=1 bytes=30-34",
              "GET /second?sig=2 bytes=30-34"),
          store.lines());
      assertEquals(2, registry.requests().size());
      assertEquals(List.of(), known.pauses);
    }
  }

  @Test
  void aRefusedFreshUrlIsAnErrorWithoutItsSecret() throws IOException {
    try (FakeRegistry store = new FakeRegistry(wire)) {
      registry.next(redirect(store.url("/x?sig=secret")));
      store.next(status(403));
      RegistryException e = assertThrows(RegistryException.Unauthorized.class, () -> read(10, 5));
      assertEquals(403, e.status());
      assertEquals(store.url("/x"), e.url());
      assertEquals(-1, e.toString().indexOf("secret"));
    }
  }

  @Test
  void redirectsInACircleEnd() {
    Fault again = redirect(registry.url("/again"));
    registry.next(again, again, again, again, again, again, again);
    assertThrows(RegistryException.BadResponse.class, () -> read(10, 5));
    assertEquals(6, registry.requests().size());
  }

  @Test
  void aRedirectToAnotherMachineInTheClearIsNotFollowed() {
    registry.next(redirect("http://store.example/x"));
    assertThrows(RegistryException.BadResponse.class, () -> read(10, 5));
    assertEquals(1, registry.requests().size());
  }

  @Test
  void aHundredReadersAfterAnExpiredUrlCostOneNewResolve() throws Exception {
    try (SignedStore store = new SignedStore(wire)) {
      registry.always(FakeRegistry::isBlobRead, store.redirects());
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      store.expireAll();
      readSideBySide(blob, 100);
      assertEquals(2, registry.requests().size(), "one at first, one for all hundred");
      assertEquals(2, store.signed());
      assertEquals(List.of(), known.pauses);
    }
  }

  @Test
  void aUrlThatSaysItIsOverIsNotEvenTried() throws Exception {
    try (SignedStore store = new SignedStore(wire)) {
      registry.always(FakeRegistry::isBlobRead, store.redirects());
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      // Good for 2 s after the margin, as it says; it is seen to be over without a request.
      long end = Instant.now().getEpochSecond() + 12;
      store.signWith("&Expires=" + end);
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      store.signWith("");
      while (Instant.now().getEpochSecond() < end - 9) {
        Thread.onSpinWait();
      }
      readSideBySide(blob, 20);
      assertEquals(2, registry.requests().size());
      assertTrue(store.lines().stream().skip(1).noneMatch(line -> line.contains("Expires")));
    }
  }

  @Test
  void severalHopsAreFollowed() throws IOException {
    try (FakeRegistry first = new FakeRegistry(wire);
        FakeRegistry second = new FakeRegistry(wire)) {
      registry.next(redirect(first.url("/a")));
      first.next(redirect(second.url("/b?sig=1")));
      BlobSource blob = client.openBlob(registry.image(), registry.blob());
      assertArrayEquals(expected(10, 5), bytes(blob, 10, 5));
      assertArrayEquals(expected(20, 5), bytes(blob, 20, 5));
      assertEquals(1, registry.requests().size());
      assertEquals(1, first.requests().size());
      assertEquals(2, second.requests().size());
    }
  }

  @Test
  void aRegistryMayNotSendUsWhereTheRuleForbids() throws IOException {
    RedirectRule rule =
        (from, to) -> !to.getHostAddress().equals(from.getHostAddress().replace("0.0.1", "0.0.2"));
    try (FakeRegistry store = new FakeRegistry(wire, InetAddress.ofLiteral("127.0.0.2"));
        RegistryClient guarded =
            new RegistryClient(
                known.access().withNetwork(known.access().network().withRedirects(rule)))) {
      registry.next(redirect(store.url("/inside")));
      BlobSource blob = guarded.openBlob(registry.image(), registry.blob());
      RegistryException e =
          assertThrows(RegistryException.BadResponse.class, () -> bytes(blob, 10, 5));
      assertTrue(String.valueOf(e.getMessage()).contains("private address 127.0.0.2"));
      assertEquals(0, store.requests().size());
    }
  }

  private void readSideBySide(BlobSource blob, int readers) throws Exception {
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> all = new ArrayList<>();
      for (int i = 0; i < readers; i++) {
        int offset = 100 * i;
        Callable<byte[]> read = () -> bytes(blob, offset, 50);
        all.add(threads.submit(read));
      }
      for (int i = 0; i < readers; i++) {
        assertArrayEquals(expected(100 * i, 50), (byte[]) all.get(i).get());
      }
    }
  }
}
