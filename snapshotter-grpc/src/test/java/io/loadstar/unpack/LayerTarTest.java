package io.loadstar.unpack;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.blob.Digest;
import io.loadstar.blob.DigestMismatchException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.OverlayXattrs;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What becomes of a layer's entries, good ones and others. */
final class LayerTarTest {

  private static final UnpackBounds WIDE = new UnpackBounds(1 << 20, 0, Duration.ofMinutes(5));

  @TempDir Path folder;

  private Path content = Path.of("");
  private Path discarded = Path.of("");

  @BeforeEach
  void directories() throws Exception {
    assumeTrue(
        Integer.valueOf(0).equals(Files.getAttribute(Path.of("/proc/self"), "unix:uid")),
        "skipped: needs root to give files away");
    content = Files.createDirectory(folder.resolve("content"));
    discarded = Files.createDirectory(folder.resolve("discarded"));
  }

  private Digest unpack(byte[] tar, boolean lowest) throws IOException {
    return unpack(tar, lowest, WIDE);
  }

  private Digest unpack(byte[] tar, boolean lowest, UnpackBounds bounds) throws IOException {
    return new LayerTar(Digest.of(tar), new ByteArrayInputStream(tar))
        .unpack(new LayerTar.Target(content, discarded, lowest, OverlayXattrs.TRUSTED), bounds);
  }

  private Map<String, Object> attributes(String name) throws IOException {
    return Files.readAttributes(
        content.resolve(name), "unix:mode,uid,gid,rdev,nlink", LinkOption.NOFOLLOW_LINKS);
  }

  @Test
  void theDiffIdIsThatOfTheWholeTar() throws Exception {
    byte[] tar = new TestTar().file("a", "x").end();
    byte[] padded = java.util.Arrays.copyOf(tar, tar.length + 8192);
    assertEquals(Digest.of(padded), unpack(padded, true));
  }

  @Test
  void whiteoutsHideWhatIsBelow() throws Exception {
    TestTar tar =
        new TestTar()
            .directory("d")
            .entry(TestTar.FILE, "d/.wh.gone", new TestTar.Facts(0, 5, 0, ""), "")
            .directory("o")
            .file("o/.wh..wh..opq", "")
            .file(".wh..wh.aufs", "")
            .file("o/new", "x");
    unpack(tar.end(), false);
    Map<String, Object> gone = attributes("d/gone");
    assertEquals(0020000, gone.get("mode"));
    assertEquals(0L, gone.get("rdev"));
    assertEquals(5, gone.get("uid"));
    assertFalse(Files.exists(content.resolve("o/.wh..wh..opq")));
    assertFalse(Files.exists(content.resolve(".wh..wh.aufs")));
    Process getfattr =
        new ProcessBuilder(
                "getfattr", "--only-values", "-n", "trusted.overlay.opaque", content + "/o")
            .start();
    assertEquals("y", new String(getfattr.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
    assertEquals(0, getfattr.waitFor());
  }

  @Test
  void inTheLowestLayerThereIsNothingToHide() throws Exception {
    byte[] tar = new TestTar().file("d/x", "x").file("d/.wh.x", "").file("d/.wh.y", "").end();
    unpack(tar, true);
    try (var left = Files.list(content.resolve("d"))) {
      assertEquals(0, left.count());
    }
  }

  @Test
  void aLaterEntryTakesTheNameOfAnEarlierOne() throws Exception {
    TestTar tar =
        new TestTar()
            .directory("a")
            .file("a/below", "x")
            .file("a", "now a file")
            .file("b", "x")
            .directory("b")
            .directory("c")
            .file("c/kept", "x")
            .entry(TestTar.DIRECTORY, "c/", new TestTar.Facts(0700, 7, 1000, ""), "");
    unpack(tar.end(), false);
    assertEquals("now a file", Files.readString(content.resolve("a")));
    assertTrue(Files.isDirectory(content.resolve("b")));
    assertEquals("x", Files.readString(content.resolve("c/kept")));
    assertEquals(7, attributes("c").get("gid"));
    assertEquals(1000, Files.getLastModifiedTime(content.resolve("c")).toMillis() / 1000);
  }

  @Test
  void aFileKeepsTheBitsThatChownTakesAway() throws Exception {
    TestTar tar =
        new TestTar()
            .entry(TestTar.FILE, "su", new TestTar.Facts(06755, 12, 1_700_000_000, ""), "#!")
            .entry(
                TestTar.HARDLINK, "second", new TestTar.Facts(06755, 12, 1_700_000_000, "./su"), "")
            .symlink("link", "su")
            .hardlink("linklink", "link")
            .entry(TestTar.CHARACTER_DEVICE, "null", new TestTar.Facts(0666, 0, 0, ""), "")
            .entry(TestTar.FIFO, "pipe", new TestTar.Facts(0600, 0, 0, ""), "");
    unpack(tar.end(), false);
    assertEquals(0106755, attributes("su").get("mode"));
    assertEquals(2, attributes("second").get("nlink"));
    assertEquals(1_700_000_000, Files.getLastModifiedTime(content.resolve("su")).toMillis() / 1000);
    assertTrue(Files.isSymbolicLink(content.resolve("linklink")));
    assertEquals(0x103L, attributes("null").get("rdev"));
    assertEquals(0010600, attributes("pipe").get("mode"));
  }

  @Test
  void namesLeadNowhereOutside() throws Exception {
    Path outside = Files.createDirectory(folder.resolve("outside"));
    TestTar tar =
        new TestTar()
            .directory("in")
            .symlink("up", "../../outside")
            .symlink("abs", outside.toString())
            .symlink("good", "/in")
            .file("../../escaped", "x")
            .file("/absolute", "x")
            .file("good/through", "x")
            .hardlink("copy", "../../../in/through");
    unpack(tar.end(), true);
    assertEquals("x", Files.readString(content.resolve("escaped")));
    assertEquals("x", Files.readString(content.resolve("absolute")));
    assertEquals("x", Files.readString(content.resolve("in/through")));
    assertEquals("x", Files.readString(content.resolve("copy")));
    for (String link : new String[] {"up", "abs"}) {
      byte[] hostile =
          new TestTar().symlink(link, outside.toString()).file(link + "/evil", "x").end();
      assertThrows(IOException.class, () -> unpack(hostile, true));
    }
    try (var leaked = Files.list(outside)) {
      assertEquals(0, leaked.count());
    }
  }

  @Test
  void noLayerSpeaksForOverlayfs() throws Exception {
    TestTar tar =
        new TestTar()
            .pax("SCHILY.xattr.trusted.overlay.redirect", "/x")
            .directory("d")
            .file("d/.wh...", "");
    byte[] hostile = tar.end();
    assertThrows(MalformedBlobException.class, () -> unpack(hostile, false));
    Process getfattr = new ProcessBuilder("getfattr", "-m", "-", "-d", content + "/d").start();
    assertEquals("", new String(getfattr.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
  }

  @Test
  void aDirectoryOnTheWayNeedsAnEntryOfItsOwn() throws Exception {
    byte[] missing = new TestTar().file("a/b/c", "x").directory("a").end();
    NotUnpackableException e =
        assertThrows(NotUnpackableException.class, () -> unpack(missing, false));
    assertTrue(String.valueOf(e.getMessage()).contains("a/b"), e.getMessage());
  }

  @Test
  void inTheLowestLayerItIsMade() throws Exception {
    unpack(new TestTar().file("a/b/c", "x").end(), true);
    assertEquals(0040755, attributes("a/b").get("mode"));
  }

  @Test
  void whatIsTooLargeIsStopped() {
    byte[] tar = new TestTar().file("a", "x".repeat(3000)).end();
    UnpackBounds narrow = new UnpackBounds(2000, 0, Duration.ofMinutes(5));
    assertThrows(NotUnpackableException.class, () -> unpack(tar, true, narrow));
    UnpackBounds full = new UnpackBounds(1 << 20, Long.MAX_VALUE, Duration.ofMinutes(5));
    assertThrows(NotUnpackableException.class, () -> unpack(tar, true, full));
    UnpackBounds late = new UnpackBounds(1 << 20, 0, Duration.ofNanos(1));
    assertThrows(NotUnpackableException.class, () -> unpack(tar, true, late));
  }

  @Test
  void otherBytesThanAskedForAreTold() {
    byte[] tar = new TestTar().file("a", "x").end();
    LayerTar wrong = new LayerTar(new Digest("0".repeat(64)), new ByteArrayInputStream(tar));
    assertThrows(
        DigestMismatchException.class,
        () ->
            wrong.unpack(
                new LayerTar.Target(content, discarded, true, OverlayXattrs.TRUSTED), WIDE));
  }

  @Test
  void aTarThatIsCutOffIsTold() {
    byte[] tar = new TestTar().file("a", "x".repeat(5000)).end();
    byte[] cut = java.util.Arrays.copyOf(tar, 2000);
    assertThrows(MalformedBlobException.class, () -> unpack(cut, true));
  }

  @Test
  void aLinkToWhatIsNotInTheLayerIsTold() {
    byte[] tar = new TestTar().hardlink("a", "nothing").end();
    assertThrows(MalformedBlobException.class, () -> unpack(tar, true));
  }
}
