package io.loadstar.registry.proxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;

/** The variables as Go reads them. */
final class ProxyRulesTest {

  @Test
  void eachSchemeHasAProxyOfItsOwn() {
    ProxyRules rules =
        ProxyRules.of(
            Map.of("HTTPS_PROXY", "http://secure.example:3128", "http_proxy", "plain.example"));
    assertEquals(
        Optional.of(
            new ProxyServer(ProxyServer.Kind.HTTP, "secure.example", 3128, Optional.empty())),
        rules.find("https", "registry.example", 443));
    assertEquals(
        Optional.of(new ProxyServer(ProxyServer.Kind.HTTP, "plain.example", 80, Optional.empty())),
        rules.find("http", "registry.example", 80));
    assertEquals(
        Optional.empty(), ProxyRules.of(Map.of("HTTP_PROXY", "p")).find("https", "x.example", 443));
    assertEquals(Optional.empty(), ProxyRules.direct().find("https", "x.example", 443));
  }

  @Test
  void capitalLettersComeFirst() {
    ProxyRules rules = ProxyRules.of(Map.of("HTTPS_PROXY", "loud:1", "https_proxy", "quiet:2"));
    assertEquals("loud", rules.find("https", "x.example", 443).orElseThrow().host());
  }

  @Test
  void credentialsAreDecodedAndNotShown() {
    ProxyServer proxy =
        ProxyRules.of(Map.of("HTTPS_PROXY", "https://me:s%40cret+@proxy.example:8443"))
            .find("https", "x.example", 443)
            .orElseThrow();
    assertEquals(ProxyServer.Kind.HTTPS, proxy.kind());
    assertEquals(Optional.of("Basic bWU6c0BjcmV0Kw=="), proxy.authorization());
    assertFalse(proxy.toString().contains("cret"));
    assertFalse(proxy.toString().contains("Y3JldA"));
  }

  @Test
  void aProxyThatCannotBeUsedIsNamedWithoutItsPassword() {
    for (String wrong :
        List.of(
            "ftp://u:hidden@x", "http://u:hid den@x", "socks5://u:hidden@x", "http://:hidden@")) {
      IllegalArgumentException e =
          assertThrows(
              IllegalArgumentException.class, () -> ProxyRules.of(Map.of("HTTPS_PROXY", wrong)));
      assertTrue(String.valueOf(e.getMessage()).startsWith("HTTPS_PROXY"));
      assertFalse((e + String.valueOf(e.getCause())).contains("hid"), wrong);
    }
  }

  @Test
  void thisMachineIsNeverReachedByAProxy() {
    ProxyRules rules = ProxyRules.of(Map.of("HTTP_PROXY", "proxy:1"));
    for (String own : List.of("localhost", "LOCALHOST", "127.0.0.1", "127.9.9.9", "::1")) {
      assertEquals(Optional.empty(), rules.find("http", own, 5000), own);
    }
  }

  @Test
  void exceptionsAreAsGoReadsThem() {
    String list =
        " 10.0.0.0/8, 192.168.1.1,172.16.0.1:5000, fd00::/8,[fe80::1]:443,"
            + "corp.example,.below.example,*.star.example,ported.example:5000,,:80, bad/99";
    for (String direct :
        List.of(
            "10.1.2.3:443",
            "192.168.1.1:443",
            "172.16.0.1:5000",
            "fd12::9/443",
            "fe80::1/443",
            "corp.example:443",
            "CORP.example:443",
            "deep.corp.example:443",
            "a.below.example:443",
            "a.star.example:443",
            "ported.example:5000",
            "a.ported.example:5000")) {
      assertFalse(proxied(list, direct), direct);
    }
    for (String proxied :
        List.of(
            "11.1.2.3:443",
            "192.168.1.2:443",
            "172.16.0.1:5001",
            "fe80::1/444",
            "xcorp.example:443",
            "below.example:443",
            "star.example:443",
            "ported.example:443",
            "other:80")) {
      assertTrue(proxied(list, proxied), proxied);
    }
    assertFalse(proxied("*", "anything.example:443"));
    assertFalse(proxied("a, *", "anything.example:443"));
  }

  private static boolean proxied(String list, String server) {
    int split = server.contains("/") ? server.indexOf('/') : server.lastIndexOf(':');
    return ProxyRules.of(Map.of("HTTPS_PROXY", "proxy:1", "no_proxy", list))
        .find("https", server.substring(0, split), Integer.parseInt(server.substring(split + 1)))
        .isPresent();
  }
}
