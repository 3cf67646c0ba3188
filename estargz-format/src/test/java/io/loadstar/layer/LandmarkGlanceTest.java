package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import io.loadstar.toc.TocJson;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

final class LandmarkGlanceTest {

  private static final Digest FIRST = Digest.of("first".getBytes(UTF_8));
  private static final Digest OTHER = Digest.of("other".getBytes(UTF_8));

  private final List<TocEntry> rows = new ArrayList<>();

  LandmarkGlanceTest() {
    TreeMap<String, byte[]> xattrs = new TreeMap<>();
    xattrs.put("user.a", new byte[] {1});
    rows.add(TocEntry.of("etc/", EntryType.DIRECTORY).mode(0755).xattrs(xattrs).build());
  }

  private void file(String name, long offset, Digest digest) {
    rows.add(
        TocEntry.of(name, EntryType.REGULAR)
            .size(700)
            .offset(offset)
            .digest(digest)
            .chunkDigest(digest)
            .build());
  }

  private Optional<LandmarkGlance> glance(ByteRange... unread) throws Exception {
    ByteArrayOutputStream json = new ByteArrayOutputStream();
    TocJson.write(new Toc(Toc.VERSION, rows, List.of(unread)), json);
    ByteBuffer bytes = ByteBuffer.wrap(json.toByteArray()).asReadOnlyBuffer();
    Optional<LandmarkGlance> seen = LandmarkGlance.at(bytes);
    assertEquals(0, bytes.position());
    return seen;
  }

  private static LandmarkGlance seen(long end, ByteRange... unread) {
    return new LandmarkGlance(
        new Landmark.PrefetchUpTo(end, List.of(unread)), new LandmarkGlance.FirstChunk(FIRST, 700));
  }

  @ParameterizedTest
  @ValueSource(strings = {".prefetch.landmark", "./.prefetch.landmark"})
  void theLandmarkIsSeen(String name) throws Exception {
    file("etc/a", 100, FIRST);
    file(name, 900, OTHER);
    file("etc/b", 1000, OTHER);
    assertEquals(Optional.of(seen(900)), glance());
    ByteRange unread = new ByteRange(200, 300);
    assertEquals(Optional.of(seen(900, unread)), glance(unread, new ByteRange(950, 10)));
  }

  @Test
  void theFirstPieceOfAFileHasItsOwnSize() throws Exception {
    rows.add(
        TocEntry.of("a", EntryType.REGULAR)
            .size(9000)
            .offset(50)
            .chunkSize(400)
            .chunkDigest(FIRST)
            .build());
    file(".prefetch.landmark", 900, OTHER);
    assertEquals(
        Optional.of(new LandmarkGlance.FirstChunk(FIRST, 400)),
        glance().map(LandmarkGlance::first));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {".no.prefetch.landmark", "etc/.prefetch.landmark", "x.prefetch.landmark", "b"})
  void otherFilesAreNone(String name) throws Exception {
    file("etc/a", 100, FIRST);
    file(name, 900, OTHER);
    assertEquals(Optional.empty(), glance());
  }

  @Test
  void oneOfThatNameElsewhereDoesntHideIt() throws Exception {
    file("etc/.prefetch.landmark", 100, FIRST);
    rows.add(TocEntry.of("l", EntryType.SYMLINK).linkName("etc/.prefetch.landmark").build());
    file(".prefetch.landmark", 900, OTHER);
    assertEquals(Optional.of(seen(900)), glance());
  }

  @Test
  void withoutDigestsNothingIsSeen() throws Exception {
    rows.add(TocEntry.of("a", EntryType.REGULAR).size(9).offset(50).build());
    rows.add(TocEntry.of(".prefetch.landmark", EntryType.REGULAR).size(1).offset(90).build());
    assertEquals(Optional.empty(), glance());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "{",
        "\".prefetch.landmark\"",
        "{\".prefetch.landmark\" \"chunkDigest\"",
        "{\"chunkDigest\"}{\"name\":\".prefetch.landmark\"}",
        "} \"chunkDigest\" \"name\":\".prefetch.landmark\" {",
        "{\"chunkDigest\":\"x\"}{\"name\":\".prefetch.landmark\",\"type\":\"reg\",\"offset\":-1}",
        "{\"name\":\"a\",\"type\":\"reg\",\"chunkDigest\":\"\"}"
            + "{\"name\":\".prefetch.landmark\",\"type\":\"reg\",\"offset\":9}",
        "]\"io.loadstar.unread\"{\"name\":\"a\",\"type\":\"reg\",\"chunkDigest\":\"\"}"
            + "{\"name\":\".prefetch.landmark\",\"type\":\"reg\",\"offset\":9}",
      })
  void whatIsNoTableShowsNothing(String text) {
    assertEquals(Optional.empty(), LandmarkGlance.at(ByteBuffer.wrap(text.getBytes(UTF_8))));
  }
}
