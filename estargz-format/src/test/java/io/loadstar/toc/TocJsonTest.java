package io.loadstar.toc;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.List;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TocJsonTest {

  private static final Digest DIGEST = Digest.of(new byte[] {1});
  private static final Digest OTHER = Digest.of(new byte[] {2});

  @Test
  void columnsAreWrittenInOrderAndAbsentOnesLeftOut() throws IOException {
    TreeMap<String, byte[]> xattrs = new TreeMap<>();
    xattrs.put("user.b", new byte[] {(byte) 0xff});
    xattrs.put("user.a", new byte[0]);
    Toc toc =
        new Toc(
            1,
            List.of(
                everyColumn().xattrs(xattrs).build(),
                TocEntry.of("a", EntryType.DIRECTORY).build()));

    assertEquals(
        """
        {
        \t"version": 1,
        \t"entries": [
        \t\t{
        \t\t\t"name": "d/ü",
        \t\t\t"type": "reg",
        \t\t\t"size": 1,
        \t\t\t"modtime": "2019-08-20T10:30:43Z",
        \t\t\t"linkName": "l",
        \t\t\t"mode": 2,
        \t\t\t"uid": 3,
        \t\t\t"gid": 4,
        \t\t\t"userName": "u",
        \t\t\t"groupName": "g",
        \t\t\t"offset": 5,
        \t\t\t"innerOffset": 6,
        \t\t\t"devMajor": 7,
        \t\t\t"devMinor": 8,
        \t\t\t"xattrs": {
        \t\t\t\t"user.a": "",
        \t\t\t\t"user.b": "/w=="
        \t\t\t},
        \t\t\t"digest": "%s",
        \t\t\t"chunkOffset": 9,
        \t\t\t"chunkSize": 10,
        \t\t\t"chunkDigest": "%s"
        \t\t},
        \t\t{
        \t\t\t"name": "a",
        \t\t\t"type": "dir"
        \t\t}
        \t]
        }\
        """
            .formatted(DIGEST, OTHER),
        write(toc));
  }

  @Test
  void whatIsWrittenIsReadAgain() throws IOException {
    Toc toc =
        new Toc(
            1,
            List.of(
                everyColumn().build(),
                TocEntry.of("q\"\\\n\u2028<&>", EntryType.SYMLINK)
                    .modtime(Instant.parse("2020-01-02T03:04:05.678Z"))
                    .build()));

    assertEquals(toc, read(write(toc)));
  }

  @Test
  void whatIsNotToBePrefetchedStandsBehindTheEntries() throws IOException {
    Toc toc =
        new Toc(
            1,
            List.of(TocEntry.of("a", EntryType.DIRECTORY).build()),
            List.of(new ByteRange(10, 5), new ByteRange(15, 1), new ByteRange(1L << 40, 7)));

    assertEquals(toc, read(write(toc)));
    assertTrue(
        write(toc)
            .endsWith(
                ",\n\t\"io.loadstar.unread\": [\n\t\t10,\n\t\t5,\n\t\t15,\n\t\t1,\n\t\t1099511627776,\n\t\t7\n\t]\n}"),
        write(toc));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "3",
        "[1]",
        "[1,0]",
        "[5,5,9,1]",
        "[-1,2]",
        "[1,\"2\"]",
        "[[1,2]]",
        "[9,9223372036854775807]"
      })
  void whatIsNotToBePrefetchedHasItsOrder(String ranges) {
    assertThrows(
        MalformedBlobException.class,
        () -> read("{\"version\":1,\"entries\":[],\"io.loadstar.unread\":" + ranges + "}"));
  }

  @Test
  void xattrValuesMayBeAnyBytes() throws IOException {
    byte[] value = new byte[256];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) i;
    }
    TreeMap<String, byte[]> xattrs = new TreeMap<>();
    xattrs.put("security.capability", value);
    Toc toc = new Toc(1, List.of(TocEntry.of("f", EntryType.FIFO).xattrs(xattrs).build()));

    assertArrayEquals(
        value, read(write(toc)).entries().getFirst().xattrs().get("security.capability"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"version\": 1, \"entries\": null}",
        "{\"entries\": [], \"version\": 1}",
        "{\"version\": 1}",
        "{\"version\": 1, \"io.loadstar.unread\": null}",
        "{\"version\":1,\"more\":{\"a\":[1,{\"b\":null}]},\"entries\":[]}"
      })
  void anEmptyTableMayBeWrittenInMoreWaysThanOne(String json) throws IOException {
    assertEquals(new Toc(1, List.of()), read(json));
  }

  @Test
  void keysThatAreNotKnownAndNullsAreIgnored() throws IOException {
    Toc toc =
        read(
            "{\"version\":1,\"entries\":[{\"NumLink\":3,\"name\":\"a\",\"type\":\"dir\",\"x\":[[1]],"
                + "\"size\":null,\"modtime\":null,\"linkName\":null,\"digest\":\"\",\"xattrs\":null}]}");

    assertEquals(List.of(TocEntry.of("a", EntryType.DIRECTORY).build()), toc.entries());
  }

  @Test
  void aTimeThatWasNeverSetIsUnknown() throws IOException {
    Toc toc =
        read(
            "{\"version\":1,\"entries\":[{\"name\":\"a\",\"type\":\"dir\",\"modtime\":\"0001-01-01T00:00:00Z\"}]}");

    assertNull(toc.entries().getFirst().modtime());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        "null",
        "[]",
        "{",
        "{\"version\":1}x",
        "{\"version\":1.5}",
        "{\"version\":\"1\"}",
        "{\"version\":99999999999}",
        "{\"entries\":{}}",
        "{\"entries\":[1]}",
        "{\"entries\":[{}]}",
        "{\"entries\":[{\"name\":\"a\"}]}",
        "{\"entries\":[{\"type\":\"door\"}]}",
        "{\"entries\":[{\"type\":3}]}",
        "{\"entries\":[{\"type\":\"reg\",\"size\":1e3}]}",
        "{\"entries\":[{\"type\":\"reg\",\"size\":99999999999999999999}]}",
        "{\"entries\":[{\"type\":\"reg\",\"size\":{}}]}",
        "{\"entries\":[{\"type\":\"reg\",\"modtime\":\"yesterday\"}]}",
        "{\"entries\":[{\"type\":\"reg\",\"digest\":\"sha256:beef\"}]}",
        "{\"entries\":[{\"type\":\"reg\",\"digest\":\"md5:d41d8cd98f00b204e9800998ecf8427e\"}]}",
        "{\"entries\":[{\"type\":\"reg\",\"xattrs\":{\"a\":\"*\"}}]}",
        "{\"entries\":[{\"type\":\"reg\",\"xattrs\":[]}]}",
        "{\"entries\":[{\"type\":\"reg\"}"
      })
  void whatIsNoTocIsMalformed(String json) {
    var malformed = assertThrows(MalformedBlobException.class, () -> read(json));
    assertEquals(77, malformed.offset());
  }

  @Test
  void everyCapIsKept() {
    String name = "n".repeat(TocJson.MAX_NAME_LENGTH + 1);
    assertThrows(
        MalformedBlobException.class,
        () -> read("{\"entries\":[{\"type\":\"reg\",\"name\":\"" + name + "\"}]}"));
    assertThrows(
        MalformedBlobException.class,
        () -> read("{\"x\":" + "[".repeat(100_000) + "]".repeat(100_000) + "}"));
    String value = "A".repeat((TocJson.MAX_XATTR_SIZE + 3) / 3 * 4);
    assertThrows(
        MalformedBlobException.class,
        () -> read("{\"entries\":[{\"type\":\"reg\",\"xattrs\":{\"a\":\"" + value + "\"}}]}"));
    StringBuilder many = new StringBuilder("\"k\":\"\"");
    for (int i = 0; i < TocJson.MAX_XATTRS; i++) {
      many.append(",\"k").append(i).append("\":\"\"");
    }
    assertThrows(
        MalformedBlobException.class,
        () -> read("{\"entries\":[{\"type\":\"reg\",\"xattrs\":{" + many + "}}]}"));
  }

  private static TocEntry.Builder everyColumn() {
    return TocEntry.of("d/ü", EntryType.REGULAR)
        .size(1)
        .modtime(Instant.parse("2019-08-20T10:30:43Z"))
        .linkName("l")
        .mode(2)
        .uid(3)
        .gid(4)
        .userName("u")
        .groupName("g")
        .offset(5)
        .innerOffset(6)
        .devMajor(7)
        .devMinor(8)
        .digest(DIGEST)
        .chunkOffset(9)
        .chunkSize(10)
        .chunkDigest(OTHER);
  }

  private static String write(Toc toc) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TocJson.write(toc, out);
    return out.toString(UTF_8);
  }

  private static Toc read(String json) throws IOException {
    return TocJson.read(json.getBytes(UTF_8), 77);
  }
}
