package io.loadstar.build;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What globs match. */
class PathGlobTest {

  @ParameterizedTest
  @CsvSource(
      textBlock =
          """
          usr/*,            usr/bin,            true
          usr/*,            usr/bin/sh,         false
          usr/*,            usr,                false
          ./usr//*/,        usr/bin,            true
          /usr/*,           usr/.hidden,        true
          *.so,             lib/a.so,           false
          **/*.so,          lib/x/a.so,         true
          **/*.so,          a.so,               true
          usr/**,           usr/lib/a/b,        true
          usr/**,           usr,                true
          usr/**,           usrlib,             false
          usr/**/b/**/d,    usr/b/b/c/d,        true
          usr/**/b/**/d,    usr/a/d,            false
          **,               any/thing,          true
          a**z,             abcz,               true
          a**z,             a/z,                false
          lib?,             lib6,               true
          lib?,             lib,                false
          lib?,             lib64,              false
          'lib[0-9]',       lib6,               true
          'lib[0-9]',       libx,               false
          'lib[!0-9]',      libx,               true
          'lib[^0-9]',      lib6,               false
          '[]]',            ],                  true
          '[]x-]',          -,                  true
          bin/[,            bin/[,              true
          'x[ab',           'x[ab',             true
          a\\*b,            a*b,                true
          a\\*b,            axb,                false
          a\\,              a\\,                true
          'é?',             'é😀',              true
          '[😀-😂]',        '😁',               true
          *a*b*,            xxaxxbxx,           true
          *a*b*,            xxbxxaxx,           false
          """)
  void aGlobMatchesWhatItSays(String glob, String name, boolean matches) {
    String spelled = glob.replace("\\\\", "\\");
    assertEquals(matches, PathGlob.of(spelled).matches(name.replace("\\\\", "\\")), spelled);
  }

  @Test
  void aGlobKnowsTheDirectoryThatItLooksInto() {
    assertEquals("usr/lib", PathGlob.of("/usr/lib/*.so").directory());
    assertEquals("", PathGlob.of("*.so").directory());
    assertEquals("", PathGlob.of("**/a/b").directory());
    assertEquals("a", PathGlob.of("a/b").directory());
  }

  @Test
  void aGlobMadeToTakeLongDoesNot() {
    String name = "a".repeat(200);
    String path = String.join("/", java.util.Collections.nCopies(100, "a"));
    assertTimeoutPreemptively(
        Duration.ofSeconds(5),
        () -> {
          assertFalse(PathGlob.of("*a".repeat(60) + "b").matches(name));
          assertFalse(PathGlob.of("**/a/".repeat(40) + "b").matches(path));
        });
  }
}
