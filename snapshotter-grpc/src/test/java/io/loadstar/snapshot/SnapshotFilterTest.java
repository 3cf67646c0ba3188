package io.loadstar.snapshot;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class SnapshotFilterTest {

  private static final SnapshotInfo SNAPSHOT =
      new SnapshotInfo(
          "default/1/extract-1 sha256:a",
          "p,q",
          SnapshotKind.COMMITTED,
          Map.of("containerd.io/snapshot.ref", "sha256:a", "a.b", "c", "odd", "a\"b/c"),
          Instant.EPOCH,
          Instant.EPOCH);

  private static boolean matches(String... expressions) throws Exception {
    return SnapshotFilter.parse(List.of(expressions)).matches(SNAPSHOT);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kind==committed",
        "kind!=active",
        "parent==\"p,q\"",
        "parent ~= /^p,/",
        "parent~=|q$|",
        "name~=\"extract-\\\\d+ sha256\"",
        "labels.\"containerd.io/snapshot.ref\"==sha256:a",
        "labels.\"containerd.io/snapshot.ref\"==sha256:a,parent==\"p,q\"",
        " labels.a.b == c , kind == committed ",
        "labels.a.b",
        "labels.none!=x",
        "labels.odd==\"a\\\"b/c\"",
        "labels.odd~=/b\\/c/",
        "labels.a.b==\"\\x63\"",
        "labels.a.b==\"\\u0063\"",
      })
  void lets(String expression) throws Exception {
    assertTrue(matches(expression));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "kind==active",
        "labels.none",
        "labels",
        "labels.none==\"\"",
        "nothing",
        "name==default",
        "kind==committed,name==x",
      })
  void keepsBack(String expression) throws Exception {
    assertEquals(false, matches(expression));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "==x",
        "name==",
        "name==\"x",
        "name=x",
        "name==a b",
        "name==a,",
        "name~=\"(\"",
        "labels.==x",
        "9==x",
        "name==\"\\q\"",
        "name==\"\\UFFFFFFFF\"",
      })
  void refuses(String expression) {
    assertThrows(SnapshotException.InvalidArgument.class, () -> matches(expression));
  }

  @Test
  void oneExpressionOfSeveralIsEnough() throws Exception {
    assertTrue(matches("kind==active", "kind==committed"));
  }

  @Test
  void noExpressionLetsEverythingThrough() throws Exception {
    assertTrue(matches());
  }

  @Test
  void aPatternThatBacktracksForeverIsStopped() {
    SnapshotInfo longName =
        new SnapshotInfo(
            "a".repeat(4000), "", SnapshotKind.VIEW, Map.of(), Instant.EPOCH, Instant.EPOCH);
    assertThrows(
        SnapshotException.InvalidArgument.class,
        () -> SnapshotFilter.parse(List.of("name~=/^(a|a|aa)*b$/")).matches(longName));
  }

  @Test
  void anOverlongExpressionIsRefused() {
    assertThrows(
        SnapshotException.InvalidArgument.class, () -> matches("name==" + "a".repeat(20_000)));
  }
}
