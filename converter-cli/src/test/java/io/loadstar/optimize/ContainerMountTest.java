package io.loadstar.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Mounts as they are typed. */
class ContainerMountTest {

  @Test
  void aMountIsReadAsItIsTyped() {
    assertEquals(
        new ContainerMount("bind", "/a", "/b", List.of("rbind", "ro")),
        ContainerMount.parse("type=bind,src=/a,dst=/b,options=rbind:ro"));
    assertEquals(
        new ContainerMount("tmpfs", "tmpfs", "/t", List.of("size=1m")),
        ContainerMount.parse("type=tmpfs,destination=/t,options=size=1m"));
  }

  @Test
  void aBindMountIsOneWhateverElseIsSaid() {
    assertEquals(
        new ContainerMount("bind", "/a", "/b", List.of("rbind")),
        ContainerMount.parse("source=/a,target=/b"));
    assertEquals(
        new ContainerMount("bind", "/a", "/b", List.of("ro", "rbind")),
        ContainerMount.parse("src=/a,dst=/b,options=ro"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "/a:/b", "src=/a", "dst=/b", "src=/a,dst=b", "src=/a,dst=/b,x=y"})
  void whatIsNoMountIsRefused(String text) {
    assertThrows(IllegalArgumentException.class, () -> ContainerMount.parse(text));
  }
}
