package io.loadstar.registry;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.InetAddress;
import java.time.Instant;
import java.util.List;
import java.util.Objects;
import okhttp3.HttpUrl;
import org.junit.jupiter.api.Test;

/** What is known of a redirect before it is tried. */
final class SignedUrlTest {

  private static final Instant NOW = Instant.parse("2026-11-21T08:00:00Z");

  @Test
  void eachKindOfSignatureSaysWhenItEnds() {
    Instant end = Instant.parse("2026-11-21T08:14:50Z");
    for (String query :
        List.of(
            "X-Amz-Date=20261121T080000Z&X-Amz-Expires=900&X-Amz-Signature=x",
            "x-goog-date=20261121T080000Z&x-goog-expires=900",
            "sv=1&se=2026-11-21T08:15:00Z&sig=x",
            "Expires=" + NOW.plusSeconds(900).getEpochSecond() + "&Signature=x",
            "exp=" + NOW.plusSeconds(900).getEpochSecond())) {
      assertEquals(end, SignedUrl.leaveAt(url(query), NOW), query);
    }
  }

  @Test
  void whatIsNotSaidOrCannotBeTrueIsNotBelieved() {
    for (String query :
        List.of(
            "sig=x",
            "X-Amz-Date=yesterday&X-Amz-Expires=900",
            "X-Amz-Date=20261121T080000Z&X-Amz-Expires=soon",
            "X-Amz-Expires=900",
            "se=later",
            "Expires=1",
            "Expires=" + NOW.getEpochSecond())) {
      assertEquals(Instant.MAX, SignedUrl.leaveAt(url(query), NOW), query);
    }
  }

  @Test
  void publicRegistriesMayNotSendUsInside() {
    RedirectRule rule = RedirectRule.NO_PUBLIC_TO_PRIVATE;
    InetAddress registry = InetAddress.ofLiteral("8.8.8.8");
    for (String inside :
        List.of(
            "10.0.0.1",
            "172.31.0.1",
            "192.168.1.1",
            "127.0.0.1",
            "169.254.169.254",
            "100.64.0.1",
            "0.0.0.0",
            "::1",
            "fe80::1",
            "fd00::1",
            "::ffff:10.0.0.1",
            "224.0.0.1")) {
      assertFalse(rule.allows(registry, InetAddress.ofLiteral(inside)), inside);
      assertTrue(rule.allows(InetAddress.ofLiteral("10.9.9.9"), InetAddress.ofLiteral(inside)));
      assertTrue(RedirectRule.ANYWHERE.allows(registry, InetAddress.ofLiteral(inside)));
    }
    for (String outside : List.of("1.1.1.1", "172.32.0.1", "100.128.0.1", "2606:4700::1")) {
      assertTrue(rule.allows(registry, InetAddress.ofLiteral(outside)), outside);
    }
  }

  private static HttpUrl url(String query) {
    return Objects.requireNonNull(HttpUrl.parse("https://store.example/x?" + query));
  }
}
