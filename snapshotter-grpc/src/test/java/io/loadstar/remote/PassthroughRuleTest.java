package io.loadstar.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageReference;
import io.loadstar.transport.MountSpec.Passthrough;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PassthroughRuleTest {

  private static Passthrough of(PassthroughRule rule, String image) {
    return of(rule, image, "default");
  }

  private static Passthrough of(PassthroughRule rule, String image, String namespace) {
    return rule.of(
        new LayerSource(
            ImageReference.parse(image),
            new Digest("1".repeat(64)),
            null,
            List.of(),
            new LayerSource.Asked(namespace, false)));
  }

  @Test
  void namespacesAreExceptedByTheirName() {
    PassthroughRule rule =
        new PassthroughRule(Passthrough.WHOLE_FILES, List.of(), List.of("moby", "ci-*"));

    assertEquals(Passthrough.WHOLE_FILES, of(rule, "docker.io/library/redis:7", "default"));
    assertEquals(Passthrough.NONE, of(rule, "docker.io/library/redis:7", "moby"));
    assertEquals(Passthrough.NONE, of(rule, "docker.io/library/redis:7", "ci-12"));
    assertEquals(Passthrough.WHOLE_FILES, of(rule, "docker.io/library/redis:7", ""));
  }

  @Test
  void imagesAreExceptedByTheirReference() {
    PassthroughRule rule =
        new PassthroughRule(
            Passthrough.WHOLE_FILES,
            List.of("*/docker:*", "r.example/a.b:1", "r.example/ci/*"),
            List.of());

    assertEquals(Passthrough.WHOLE_FILES, of(rule, "docker.io/library/redis:7"));
    assertEquals(Passthrough.NONE, of(rule, "docker.io/library/docker:27-dind"));
    assertEquals(Passthrough.NONE, of(rule, "r.example/a.b:1"));
    assertEquals(Passthrough.WHOLE_FILES, of(rule, "r.example/axb:1"));
    assertEquals(Passthrough.NONE, of(rule, "r.example/ci/x/y:2"));
    assertEquals(Passthrough.NONE, of(PassthroughRule.OFF, "docker.io/library/redis:7"));
  }
}
