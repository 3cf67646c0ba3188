package io.loadstar.build;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.layer.Landmark;
import io.loadstar.tar.TarBytes;
import io.loadstar.toc.TocEntry;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What a list of paths puts in front, and in which order. */
class PrioritizedFilesTest {

  @TempDir Path directory;
  private final LayerBuilder builder = new LayerBuilder(2);

  @AfterEach
  void close() {
    builder.close();
  }

  private static byte[] tar() {
    return new TarBytes()
        .file("etc/z", '0', "z".getBytes(UTF_8))
        .file("etc/a", '0', "a".getBytes(UTF_8))
        .file("etc/sub/m", '0', "m".getBytes(UTF_8))
        .file("bin/[", '0', "test".getBytes(UTF_8))
        .file("bin/x", '0', "x".getBytes(UTF_8))
        .link("lib", '2', "usr/lib")
        .file("usr/lib/libc.so.6", '0', "libc".getBytes(UTF_8))
        .link("usr/lib/libc.so", '2', "../lib/libc.so.6")
        .link("usr/lib/away", '2', "/not/here")
        .link("usr/lib/loop", '2', "loop")
        .end();
  }

  private BuiltLayer build(List<String> lines) throws IOException {
    return builder.build(
        new ByteArrayInputStream(tar()),
        directory.resolve("blob"),
        BuildOptions.DEFAULT.withPrioritized(PrioritizedFiles.ofList(lines)));
  }

  private List<String> first(String... lines) throws IOException {
    return LayerContents.of(build(List.of(lines)))
        .blob()
        .toc()
        .acceptUnverified()
        .entries()
        .stream()
        .map(TocEntry::name)
        .takeWhile(name -> !name.equals(Landmark.PREFETCH) && !name.equals(Landmark.NO_PREFETCH))
        .toList();
  }

  @Test
  void aListIsReadAsPeopleWriteIt() {
    List<String> lines =
        List.of("\ufeff# first", "", "  ./bin/x \r", "/etc/a", "/etc/a", "#etc/z", "\\#x", "\t");
    assertEquals(List.of("./bin/x", "/etc/a", "\\#x"), PrioritizedFiles.ofList(lines).paths());
  }

  @Test
  void pathsComeInTheOrderOfTheListHoweverTheyAreSpelled() throws IOException {
    assertEquals(List.of("bin/x", "etc/z", "etc/a"), first("./bin/x", "/etc/z", "etc//a/"));
  }

  @Test
  void aDirectoryMeansAllThatIsInIt() throws IOException {
    assertEquals(List.of("etc/a", "etc/z", "etc/sub/m"), first("etc/a", "/etc/"));
  }

  @Test
  void whatAGlobMatchesComesInTheOrderOfTheArchive() throws IOException {
    assertEquals(List.of("etc/z", "etc/a"), first("etc/?"));
    assertEquals(List.of("etc/z", "etc/a", "etc/sub/m"), first("etc/**"));
  }

  @Test
  void aNameIsNoGlobWhereAFileHasIt() throws IOException {
    assertEquals(List.of("bin/["), first("/bin/["));
  }

  @Test
  void symbolicLinksOfTheLayerAreFollowed() throws IOException {
    assertEquals(List.of("lib", "usr/lib/libc.so", "usr/lib/libc.so.6"), first("/lib/libc.so"));
    assertEquals(List.of("usr/lib/away"), first("usr/lib/away"));
  }

  @Test
  void whatTheLayerLacksIsToldAsItWasSpelled() throws IOException {
    List<String> lines = List.of("./not/there", "/no/*.such", "lib/none", "usr/lib/loop", "etc/a");
    assertEquals(lines.subList(0, 4), build(lines).missed());
  }
}
