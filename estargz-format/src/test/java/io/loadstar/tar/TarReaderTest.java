package io.loadstar.tar;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.blob.MalformedBlobException;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.time.Instant;
import java.util.Arrays;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TarReaderTest {

  @Test
  void paxRecordsReplaceWhatTheHeaderSays() throws IOException {
    String longName = "n".repeat(300) + "/é";
    TarBytes tar =
        new TarBytes()
            .pax("path", longName.getBytes(UTF_8))
            .pax("mtime", "1700000000.25".getBytes(UTF_8))
            .pax("uid", "4000000000".getBytes(UTF_8))
            .pax("size", "5".getBytes(UTF_8))
            .pax("SCHILY.xattr.user.x", new byte[] {0, '\n', '=', (byte) 0xff})
            .file("short", '0', "hello".getBytes(UTF_8));

    TarEntry entry = only(tar);

    assertEquals(longName, entry.name());
    assertEquals(Instant.ofEpochSecond(1_700_000_000, 250_000_000), entry.mtime());
    assertEquals(4_000_000_000L, entry.owner().uid());
    assertEquals(5, entry.size());
    assertArrayEquals(new byte[] {0, '\n', '=', (byte) 0xff}, entry.xattrs().get("user.x"));
  }

  @Test
  void headersAreKeptByteForByte() throws IOException {
    TarBytes tar =
        new TarBytes().pax("path", "x".getBytes(UTF_8)).file("y", '0', new byte[] {1, 2, 3});
    byte[] bytes = tar.end();

    TarEntry entry = only(tar);

    byte[] kept = new byte[entry.headers().size()];
    entry.headers().asRead().get(kept);
    assertArrayEquals(Arrays.copyOf(bytes, 3 * 512), kept);
    assertEquals(3 * 512, entry.payloadOffset());
    assertEquals(512, entry.paddedSize());
  }

  @Test
  void gnuLongNamesAreRead() throws IOException {
    String name = "d/".repeat(90) + "end";
    TarBytes tar =
        new TarBytes()
            .file("././@LongLink", 'L', (name + "\0").getBytes(UTF_8))
            .file("././@LongLink", 'K', "target\0".getBytes(UTF_8))
            .file("d/d", '2', new byte[0]);

    TarEntry entry = only(tar);

    assertEquals(name, entry.name());
    assertEquals("target", entry.linkName());
    assertEquals(TarType.SYMLINK, entry.type());
  }

  @Test
  void base256NumbersAreRead() throws IOException {
    TarBytes tar = new TarBytes();
    byte[] header = tar.header("big", '0', 0);
    byte[] uid = {(byte) 0x80, 0, 0, 0, (byte) 0xee, 0x6b, 0x28, 0};
    System.arraycopy(uid, 0, header, 108, 8);
    Arrays.fill(header, 136, 148, (byte) 0xff); // mtime -1

    TarEntry entry = only(tar.raw(TarBytes.checksummed(header)));

    assertEquals(4_000_000_000L, entry.owner().uid());
    assertEquals(Instant.ofEpochSecond(-1), entry.mtime());
  }

  @Test
  void aTooLargeBase256NumberIsMalformed() {
    TarBytes tar = new TarBytes();
    byte[] header = tar.header("big", '0', 0);
    Arrays.fill(header, 124, 136, (byte) 0x77);
    header[124] = (byte) 0x80;

    assertThrows(MalformedBlobException.class, () -> only(tar.raw(TarBytes.checksummed(header))));
  }

  @Test
  void anOldDirectoryIsToldByItsSlash() throws IOException {
    assertEquals(TarType.DIRECTORY, only(new TarBytes().file("old/", '\0', new byte[0])).type());
    assertEquals(TarType.REGULAR, only(new TarBytes().file("old", '\0', new byte[0])).type());
  }

  @Test
  void theSizeOfWhatHasNoPayloadIsNothing() throws IOException {
    TarBytes tar = new TarBytes();
    TarReader reader =
        reader(tar.raw(tar.header("link", '1', 77)).file("next", '0', new byte[0]).end());

    assertEquals(0, present(reader.next()).size());
    assertEquals("next", present(reader.next()).name());
  }

  @ParameterizedTest
  @ValueSource(chars = {'S', 'V', 'M', 'X'})
  void whatCannotBeTakenIsNamed(char type) {
    var refused =
        assertThrows(
            UnsupportedTarException.class,
            () -> only(new TarBytes().file("the/entry", type, new byte[0])));

    assertEquals(true, String.valueOf(refused.getMessage()).contains("the/entry"));
  }

  @Test
  void whatAGlobalHeaderSaysHoldsUntilItIsTakenBack() throws IOException {
    TarReader reader =
        reader(
            new TarBytes()
                .file("before", '0', new byte[0])
                .file("g", 'g', "13 uid=12345\n10 uname=\n".getBytes(UTF_8))
                .file("governed", '0', new byte[3])
                .pax("uid", "7".getBytes(UTF_8))
                .file("own", '0', new byte[0])
                .file("g", 'g', "7 uid=\n".getBytes(UTF_8))
                .file("after", '0', new byte[0])
                .end());

    assertEquals(0, present(reader.next()).owner().uid());
    TarEntry governed = present(reader.next());
    assertEquals(12345, governed.owner().uid());
    assertEquals(3, governed.size());
    assertEquals(7, present(reader.next()).owner().uid());
    TarEntry after = present(reader.next());
    assertEquals(0, after.owner().uid());
    assertEquals("after", after.name());
  }

  @Test
  void aGlobalHeaderIsFoldedIntoTheHeadersItGoverns() throws IOException {
    TarReader reader =
        reader(
            new TarBytes()
                .file("g", 'g', "27 SCHILY.xattr.user.a=one\n".getBytes(UTF_8))
                .pax("path", "a/long/name".getBytes(UTF_8))
                .file("short", '0', "payload".getBytes(UTF_8))
                .end());
    TarEntry entry = present(reader.next());
    byte[] folded = new byte[entry.headers().folded().orElseThrow().remaining()];
    entry.headers().folded().orElseThrow().duplicate().get(folded);

    TarEntry again = only(new TarBytes().raw(folded).raw(new byte[TarWriter.BLOCK]));

    assertEquals("a/long/name", again.name());
    assertEquals(7, again.size());
    assertArrayEquals("one".getBytes(UTF_8), again.xattrs().get("user.a"));
  }

  @Test
  void aGlobalCommentChangesNoHeader() throws IOException {
    TarEntry entry =
        only(
            new TarBytes()
                .file("g", 'g', "15 comment=abc\n".getBytes(UTF_8))
                .file("f", '0', new byte[0]));

    assertEquals(Optional.empty(), entry.headers().folded());
    assertEquals(TarWriter.BLOCK, entry.headers().size());
  }

  @Test
  void sparseFilesByPaxAreRefused() {
    assertThrows(
        UnsupportedTarException.class,
        () ->
            only(
                new TarBytes()
                    .pax("GNU.sparse.major", "1".getBytes(UTF_8))
                    .file("f", '0', new byte[0])));
  }

  @Test
  void aNameThatIsNotUtf8IsRefused() {
    assertThrows(
        UnsupportedTarException.class,
        () ->
            only(
                new TarBytes()
                    .pax("path", "caf\u00e9".getBytes(ISO_8859_1))
                    .file("f", '0', new byte[0])));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "5 a=b\n",
        "7 a=b\n",
        "999999999999 a=b\n",
        "x a=b\n",
        "6 =bc\n",
        "6 abc\n",
        "6 a=bc",
        "6"
      })
  void wrongPaxRecordsAreMalformed(String records) {
    assertThrows(
        MalformedBlobException.class,
        () ->
            only(
                new TarBytes()
                    .file("PaxHeaders/f", 'x', records.getBytes(UTF_8))
                    .file("f", '0', new byte[0])));
  }

  @Test
  void aHugeExtendedHeaderIsRefusedBeforeItIsRead() {
    TarBytes tar = new TarBytes();

    assertThrows(
        MalformedBlobException.class,
        () -> reader(tar.raw(tar.header("x", 'x', 1 << 30)).end()).next());
  }

  @Test
  void aTarThatIsCutOffIsMalformed() throws IOException {
    byte[] whole = new TarBytes().file("f", '0', new byte[1000]).end();
    for (int length : new int[] {1, 511, 513, 1000, 512 + 1000, 512 + 1023}) {
      TarReader reader = reader(Arrays.copyOf(whole, length));
      assertThrows(
          MalformedBlobException.class,
          () -> {
            while (reader.next() != null) {}
          },
          length + " bytes");
    }
  }

  @Test
  void theEndOfTheSourceIsTheEndOfTheArchive() throws IOException {
    byte[] whole = new TarBytes().file("f", '0', new byte[1000]).end();
    TarReader reader = reader(Arrays.copyOf(whole, 512 + 1024));

    assertNotNull(reader.next());
    assertNull(reader.next());
  }

  @Test
  void aWrongChecksumIsMalformed() {
    TarBytes tar = new TarBytes();
    byte[] header = tar.header("f", '0', 0);
    header[0]++;

    assertThrows(MalformedBlobException.class, () -> only(tar.raw(header)));
  }

  private static TarEntry only(TarBytes tar) throws IOException {
    TarReader reader = reader(tar.end());
    TarEntry entry = present(reader.next());
    assertNull(reader.next());
    return entry;
  }

  private static TarEntry present(@Nullable TarEntry entry) {
    return requireNonNull(entry);
  }

  private static TarReader reader(byte[] bytes) {
    return new TarReader(new ByteArrayInputStream(bytes));
  }
}
