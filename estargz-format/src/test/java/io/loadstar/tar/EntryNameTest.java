package io.loadstar.tar;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class EntryNameTest {

  @ParameterizedTest
  @CsvSource(
      nullValues = "none",
      value = {
        "foo,foo",
        "/foo,foo",
        "./foo,foo",
        "../foo,foo",
        "foo/,foo",
        "a/../foo,foo",
        "a//b,a/b",
        "a/./b/.,a/b",
        "../../..,''",
        "./,''",
        "/,''",
        "'',''",
        ".,''",
        "..,''",
        "a/b/../../c,c",
        "a/..b,a/..b",
        "...,...",
        ".a/b.,.a/b.",
        "a/.../b,a/.../b"
      })
  void namesOfTheSameThingAreTheSame(String name, String clean) {
    assertEquals(clean, EntryName.clean(name));
    assertEquals(
        clean.isEmpty() ? List.of() : List.of(clean.split("/")), EntryName.components(name));
  }
}
