package io.loadstar.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

final class SharingDomainTest {

  @Test
  void aHostsDirectoryIsReadable() {
    assertEquals("registry-ghcr.io", SharingDomain.ofRegistry("ghcr.io").directoryName());
    assertEquals(
        "registry-localhost%3a5000", SharingDomain.ofRegistry("LOCALHOST:5000").directoryName());
  }

  @Test
  void hostileHostsGetSafeAndDifferentDirectories() {
    Set<String> seen = new HashSet<>();
    for (String host :
        List.of(
            "..",
            ".",
            "a/../b",
            "a%2f..",
            "/",
            "\0",
            "shared",
            "%",
            "~",
            "a".repeat(190),
            "a".repeat(191),
            "a".repeat(192),
            "a".repeat(100_000),
            "[::1]:5000",
            "é")) {
      String name = SharingDomain.ofRegistry(host).directoryName();
      assertTrue(seen.add(name), name);
      assertTrue(name.length() <= 200, name);
      assertFalse(name.contains("/"), name);
      assertTrue(name.startsWith("registry"), name);
    }
  }

  @Test
  void anEmptyHostIsNoDomain() {
    assertThrows(IllegalArgumentException.class, () -> SharingDomain.ofRegistry(""));
  }
}
