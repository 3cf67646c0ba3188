package io.loadstar.layer;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.TocEntry;
import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class OverlayViewTest {

  @Test
  void aWhiteoutIsADeviceWithoutNumbers() throws MalformedBlobException {
    LayerTree view =
        view(
            new TestToc()
                .row(
                    TocEntry.of("d/.wh.x", EntryType.REGULAR)
                        .mode(0600)
                        .uid(7)
                        .modtime(Instant.ofEpochSecond(5))));

    var device = assertInstanceOf(Inode.SpecialFile.class, view.find("d/x").orElseThrow());
    assertEquals(Inode.SpecialType.CHARACTER_DEVICE, device.type());
    assertEquals(0, device.major());
    assertEquals(0, device.minor());
    assertEquals(1, device.linkCount());
    assertEquals(new Attributes(0, 0, 0, 5, 0), device.attributes());
    assertTrue(view.find("d/.wh.x").isEmpty());
    assertEquals(List.of("x"), names(view, "d"));
    assertEquals(3, view.count());
  }

  @Test
  void aFileBesideItsWhiteoutStays() throws MalformedBlobException {
    LayerTree view = view(new TestToc().empty(".wh.x").file("x", 3, 10));

    assertInstanceOf(Inode.RegularFile.class, view.find("x").orElseThrow());
    assertEquals(List.of("x"), names(view, ""));
  }

  @Test
  void aDirectoryBesideItsWhiteoutIsOpaque() throws MalformedBlobException {
    LayerTree view = view(new TestToc().empty(".wh.x").empty("x/new"));

    assertOpaque(view, "x", OverlayXattrs.TRUSTED);
  }

  @ParameterizedTest
  @EnumSource
  void anOpaqueDirectoryHasTheAttributeOfItsNamespaceOnly(OverlayXattrs namespace)
      throws MalformedBlobException {
    LayerTree view = new TestToc().empty("d/.wh..wh..opq").empty(".wh..wh..opq").view(namespace);

    assertOpaque(view, "d", namespace);
    assertOpaque(view, "", namespace);
    assertEquals(List.of(), names(view, "d"));
  }

  @Test
  void namesOfAufsAreHiddenWithAllThatIsInThem() throws MalformedBlobException {
    LayerTree view =
        view(
            new TestToc()
                .file(".wh..wh.plnk/1.2", 5, 10)
                .empty(".wh..wh.aufs")
                .hardlink("kept", ".wh..wh.plnk/1.2")
                .file(".wh..wh.orph/deep/lost", 3, 20)
                .empty(".wh.")
                .empty(".wh..")
                .empty(".wh..."));

    assertEquals(List.of("kept"), names(view, ""));
    assertEquals(1, view.find("kept").orElseThrow().linkCount());
    assertEquals(2, view.find("").orElseThrow().linkCount());
    assertEquals(2, view.count());
    assertEquals(5, view.totalBytes());
    assertEquals(1, view.members().size());
    assertTrue(view.find(".wh..wh.orph/deep/lost").isEmpty());
  }

  @Test
  void whiteoutsThatAreHardlinksAreDevicesOfTheirOwn() throws MalformedBlobException {
    LayerTree view =
        view(new TestToc().file("real", 3, 10).hardlink(".wh.a", "real").hardlink(".wh.b", "real"));

    assertEquals(List.of("a", "b", "real"), names(view, ""));
    assertInstanceOf(Inode.SpecialFile.class, view.find("a").orElseThrow());
    assertEquals(1, view.find("b").orElseThrow().linkCount());
    assertEquals(1, view.find("real").orElseThrow().linkCount());
    assertInstanceOf(Inode.RegularFile.class, view.find("real").orElseThrow());
  }

  @Test
  void aLayerWithoutWhiteoutsIsTheSame() throws MalformedBlobException {
    TestToc toc =
        new TestToc()
            .directory("usr")
            .file("usr/a", 3, 10)
            .hardlink("b", "usr/a")
            .symlink("c", "usr/a")
            .empty("usr/lib/\u00e4/d");
    LayerTree view = view(toc);

    assertEquals(toc.tree().index(), view.index());
  }

  @Test
  void aLandmarkWithAnotherNameIsShownThere() throws MalformedBlobException {
    LayerTree view =
        view(
            new TestToc()
                .file("a", 3, 5)
                .file(Landmark.PREFETCH, 1, 10)
                .hardlink("d/landmark", Landmark.PREFETCH));

    assertEquals(List.of("a", "d"), names(view, ""));
    assertEquals(1, view.find("d/landmark").orElseThrow().linkCount());
  }

  @Test
  void aLandmarkThatIsADirectoryIsHiddenWithAllThatIsInIt() throws MalformedBlobException {
    LayerTree view = view(new TestToc().file(Landmark.NO_PREFETCH + "/a", 1, 10).empty("b"));

    assertEquals(List.of("b"), names(view, ""));
    assertEquals(2, view.count());
  }

  @Test
  void landmarksAreHiddenInTheRootOnly() throws MalformedBlobException {
    LayerTree view =
        view(new TestToc().file(Landmark.PREFETCH, 1, 10).file("d/" + Landmark.PREFETCH, 1, 20));

    assertEquals(List.of("d"), names(view, ""));
    assertEquals(List.of(Landmark.PREFETCH), names(view, "d"));
    assertEquals(10, view.prefetchEnd().orElseThrow());
  }

  @Test
  void inodesKeepTheirNumbersAndHiddenOnesAreGone() throws MalformedBlobException {
    LayerTree layer = new TestToc().empty("a").empty(".wh.z").empty("y/b").tree();
    LayerTree view = OverlayView.of(layer, OverlayXattrs.TRUSTED);

    long hidden = layer.find(".wh.z").orElseThrow().number();
    assertNull(view.inode(hidden));
    assertNotNull(layer.inode(hidden));
    for (String path : List.of("a", "y", "y/b", "")) {
      assertEquals(layer.find(path), view.find(path));
    }
    assertEquals(layer.maxInode() + 1, view.find("z").orElseThrow().number());
    assertEquals(1, view.parent(view.find("y").orElseThrow().number()));
  }

  @Test
  void aWhiteoutSortsByTheNameItTakesAway() throws MalformedBlobException {
    LayerTree view = view(new TestToc().empty("b").empty(".wh.c").empty(".wh.a").empty("d"));

    assertEquals(List.of("a", "b", "c", "d"), names(view, ""));
    for (String name : names(view, "")) {
      assertTrue(view.lookup(LayerTree.ROOT, ByteBuffer.wrap(name.getBytes(UTF_8))) > 0, name);
    }
  }

  private static LayerTree view(TestToc toc) throws MalformedBlobException {
    return toc.view(OverlayXattrs.TRUSTED);
  }

  private static void assertOpaque(LayerTree view, String path, OverlayXattrs namespace) {
    var xattrs = view.find(path).orElseThrow().xattrs();
    assertEquals(java.util.Set.of(namespace.opaque()), xattrs.keySet());
    assertArrayEquals(new byte[] {'y'}, xattrs.get(namespace.opaque()));
  }

  private static List<String> names(LayerTree tree, String path) {
    long directory = tree.find(path).orElseThrow().number();
    List<String> names = new ArrayList<>();
    for (int i = 0; i < tree.entryCount(directory); i++) {
      names.add(new String(tree.entryName(directory, i), UTF_8));
    }
    return names;
  }
}
