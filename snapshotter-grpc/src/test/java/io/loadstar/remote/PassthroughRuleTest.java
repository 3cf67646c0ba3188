package io.loadstar.remote;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.oci.ImageReference;
import io.loadstar.transport.MountSpec.Passthrough;
import java.util.List;
import org.junit.jupiter.api.Test;

final class PassthroughRuleTest {

  private static Passthrough of(PassthroughRule rule, String image) {
    return rule.of(ImageReference.parse(image));
  }

  @Test
  void imagesAreExceptedByTheirReference() {
    PassthroughRule rule =
        new PassthroughRule(
            Passthrough.WHOLE_FILES, List.of("*/docker:*", "r.example/a.b:1", "r.example/ci/*"));

    assertEquals(Passthrough.WHOLE_FILES, of(rule, "docker.io/library/redis:7"));
    assertEquals(Passthrough.NONE, of(rule, "docker.io/library/docker:27-dind"));
    assertEquals(Passthrough.NONE, of(rule, "r.example/a.b:1"));
    assertEquals(Passthrough.WHOLE_FILES, of(rule, "r.example/axb:1"));
    assertEquals(Passthrough.NONE, of(rule, "r.example/ci/x/y:2"));
    assertEquals(Passthrough.NONE, of(PassthroughRule.OFF, "docker.io/library/redis:7"));
  }
}
