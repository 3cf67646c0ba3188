package io.loadstar.inspect;

import io.loadstar.layer.Landmark;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageSource;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The files of an image as a container sees them: its layers on top of each other, whiteouts
 * applied, hardlinks being the file that they lead to. Immutable.
 *
 * <p>Of a layer with a TOC only that is read; an ordinary one is read whole.
 *
 * @param files by path; what only the format needs (TOC, landmarks) isn't among them
 */
public record ImageFiles(SortedMap<String, FileFacts> files) {

  private static final String WHITEOUT = ".wh.";
  private static final String OPAQUE = ".wh..wh..opq";
  private static final Set<String> OWN =
      Set.of(Toc.ENTRY_NAME, Landmark.PREFETCH, Landmark.NO_PREFETCH);

  public ImageFiles {
    files = Collections.unmodifiableSortedMap(files);
  }

  /**
   * Reads the layers of {@code image}.
   *
   * @throws IOException if one of them can't be read, or isn't what the manifest says
   */
  public static ImageFiles of(ImageSource source, PickedImage image) throws IOException {
    TreeMap<String, FileFacts> files = new TreeMap<>();
    for (Descriptor layer : image.layers()) {
      apply(layer(source, layer), files);
    }
    return new ImageFiles(files);
  }

  private static List<FileFacts> layer(ImageSource source, Descriptor layer) throws IOException {
    List<FileFacts> facts = new ArrayList<>();
    Optional<Toc> toc = OpenedLayer.open(source, layer).toc();
    if (toc.isPresent()) {
      for (TocEntry row : toc.get().entries()) {
        if (row.type() != EntryType.CHUNK) {
          facts.add(FileFacts.of(row));
        }
      }
    } else {
      LayerTar.Sums sums = LayerTar.read(source, layer, (file, offset) -> facts.add(file));
      if (!sums.digest().equals(layer.digest())) {
        throw new io.loadstar.blob.DigestMismatchException("layer", layer.digest(), sums.digest());
      }
    }
    return facts;
  }

  private static void apply(List<FileFacts> layer, TreeMap<String, FileFacts> files) {
    for (FileFacts file : layer) {
      hide(file.path(), files);
    }
    List<FileFacts> links = new ArrayList<>();
    for (FileFacts file : layer) {
      String name = file.path().substring(file.path().lastIndexOf('/') + 1);
      if (name.startsWith(WHITEOUT) || OWN.contains(file.path()) || file.path().isEmpty()) {
        continue;
      }
      if (file.type() != EntryType.DIRECTORY) {
        below(file.path(), files).clear();
      }
      files.put(file.path(), file);
      if (file.type() == EntryType.HARDLINK) {
        links.add(file);
      }
    }
    for (FileFacts link : links) {
      follow(link, files);
    }
  }

  /** Links may lead to links; a circle ends after as many steps as there can be. */
  private static void follow(FileFacts link, TreeMap<String, FileFacts> files) {
    FileFacts target = files.get(link.link());
    for (int steps = 0; target != null && target.type() == EntryType.HARDLINK; steps++) {
      target = steps < files.size() ? files.get(target.link()) : null;
    }
    if (target != null) {
      files.put(link.path(), target.named(link.path()));
    }
  }

  private static void hide(String path, TreeMap<String, FileFacts> files) {
    int slash = path.lastIndexOf('/');
    String folder = slash < 0 ? "" : path.substring(0, slash);
    String name = path.substring(slash + 1);
    if (name.equals(OPAQUE)) {
      below(folder, files).clear();
    } else if (name.startsWith(WHITEOUT)) {
      String hidden = (folder.isEmpty() ? "" : folder + "/") + name.substring(WHITEOUT.length());
      files.remove(hidden);
      below(hidden, files).clear();
    }
  }

  /** All under a directory: their paths begin with it and a slash, behind which '0' comes. */
  private static SortedMap<String, FileFacts> below(
      String folder, TreeMap<String, FileFacts> files) {
    return folder.isEmpty() ? files : files.subMap(folder + "/", folder + "0");
  }
}
