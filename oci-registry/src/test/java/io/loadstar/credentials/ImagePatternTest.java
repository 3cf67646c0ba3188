package io.loadstar.credentials;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ImagePatternTest {

  @ParameterizedTest
  @CsvSource({
    "registry.io, registry.io, a/b, true",
    "https://registry.io, registry.io, a/b, true",
    "REGISTRY.io, Registry.IO, a, true",
    "*.registry.io, x.registry.io, a, true",
    "*.registry.io, x.y.registry.io, a, false",
    "*.*.registry.io, x.y.registry.io, a, true",
    "*.io, registry.io, a, true",
    "*.io, x.registry.io, a, false",
    "app*.k8s.io, app7.k8s.io, a, true",
    "app?.k8s.io, app77.k8s.io, a, false",
    "app[0-5].k8s.io, app3.k8s.io, a, true",
    "app[0-5].k8s.io, app7.k8s.io, a, false",
    "registry.io:8080, registry.io:8080, a, true",
    "registry.io:8080, registry.io, a, false",
    "registry.io, registry.io:8080, a, false",
    "registry.io:8080/path, registry.io:8080, path/x, true",
    "registry.io:8080/path, registry.io:8080, pathless, true",
    "registry.io:8080/path, registry.io:8080, other, false",
    "registry.io/a/b, registry.io, a/c, false",
    "registry.io/, registry.io, a, true",
    "https://index.docker.io/v1/, docker.io, library/x, true",
    "docker.io, docker.io, library/x, true",
    "127.0.0.1:5000, 127.0.0.1:5000, x, true",
    "[::1]:5000, [::1]:5000, x, true",
    "registry+io, registryyio, x, false",
  })
  void anImageMatchesAsAKubeletSays(String text, String host, String repository, boolean matches) {
    assertEquals(matches, ImagePattern.parse(text).matches(host, repository));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/path", "https://", ":5000", "a[z-a].io"})
  void whatNamesNoRegistryIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> ImagePattern.parse(text));
  }
}
