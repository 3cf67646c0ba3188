package io.loadstar.oci;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

final class ImageReferenceTest {

  private static final String HEX = "0123456789abcdef".repeat(4);

  @ParameterizedTest
  @CsvSource({
    "alpine, docker.io/library/alpine:latest",
    "alpine:3.20, docker.io/library/alpine:3.20",
    "docker.io/alpine, docker.io/library/alpine:latest",
    "index.docker.io/alpine, docker.io/library/alpine:latest",
    "user/app, docker.io/user/app:latest",
    "localhost/app, localhost/app:latest",
    "localhost:5000/app, localhost:5000/app:latest",
    "127.0.0.1:5000/a/b__c/d-e:v1, 127.0.0.1:5000/a/b__c/d-e:v1",
    "[::1]:5000/app, [::1]:5000/app:latest",
    "ghcr.io/o/r:T_1.x-y, ghcr.io/o/r:T_1.x-y",
    "UPPER/app, UPPER/app:latest",
  })
  void whatIsLeftOutIsFilledInAsDockerDoesIt(String typed, String full) {
    assertEquals(full, ImageReference.parse(typed).toString());
    assertEquals(full, ImageReference.parse(full).toString());
  }

  @Test
  void aDigestTakesThePlaceOfTheDefaultTag() {
    ImageReference pinned = ImageReference.parse("alpine@sha256:" + HEX);
    assertNull(pinned.tag());
    assertEquals("sha256:" + HEX, pinned.selector());
    ImageReference both = ImageReference.parse("alpine:3@sha256:" + HEX);
    assertEquals("docker.io/library/alpine:3@sha256:" + HEX, both.toString());
    assertEquals("sha256:" + HEX, both.selector());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "Upper",
        "a//b",
        "/a",
        "a/",
        "a:",
        "a@sha256:abc",
        "a@md5:abc",
        "host:port/a",
        "host:99999/a",
        "host:0/a",
        "a b",
        "a:tag with space",
        "-a/b",
        "..",
        "a/../b",
        "registry.example/a?x=y",
        "https://registry.example/a"
      })
  void whatNamesNoImageIsRefused(String typed) {
    assertThrows(MalformedReferenceException.class, () -> ImageReference.parse(typed));
  }

  @Test
  void aLongNameIsRefusedWithoutDelay() {
    String hostile = "a-".repeat(500) + "!";
    assertThrows(MalformedReferenceException.class, () -> ImageReference.parse(hostile));
  }

  @Test
  void aLocationIsALayoutOrAReference() {
    assertEquals(
        new ImageLocation.InLayout(Path.of("/tmp/x"), "v1:2"),
        ImageLocation.parse("oci:/tmp/x:v1:2"));
    assertEquals(new ImageLocation.InLayout(Path.of("dir"), null), ImageLocation.parse("oci:dir"));
    assertEquals(
        new ImageLocation.InRegistry(ImageReference.parse("a/b")), ImageLocation.parse("a/b"));
    assertThrows(MalformedReferenceException.class, () -> ImageLocation.parse("oci:"));
    assertThrows(MalformedReferenceException.class, () -> ImageLocation.parse("oci:dir:"));
  }
}
