package io.loadstar.lazy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.blob.Digest;
import io.loadstar.layer.Inode;
import io.loadstar.layer.InodeKind;
import io.loadstar.layer.LayerTree;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.jspecify.annotations.Nullable;

/**
 * The files of the layers of one image that are open here, by path: for guesses, so whiteouts don't
 * count, and the layers are in the order in which they were opened. Thread-safe.
 */
final class ImageFiles {

  private static final List<String> PROGRAM_DIRECTORIES =
      List.of("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin");

  private static final List<String> LIBRARY_DIRECTORIES =
      List.of("/usr/local/lib", "/lib", "/usr/lib", "/lib64", "/usr/lib64");

  /** As in the kernel. */
  private static final int MAX_LINKS = 40;

  private static final int MAX_COMPONENTS = 128;

  /** So many files of an image are looked at. */
  static final int MAX_LOOKED_AT = 512;

  private final List<LazyLayer> layers = new CopyOnWriteArrayList<>();
  private final Set<Looked> looked = ConcurrentHashMap.newKeySet();
  private volatile @Nullable List<String> libraryDirectories;
  private volatile @Nullable ProgramStart start;
  private final Map<LazyLayer, FilePaths> paths = new ConcurrentHashMap<>();
  private final ImportWalk imports = new ImportWalk(this);

  private record Looked(Digest layer, long file) {}

  /**
   * A file of one of them.
   *
   * @param path the canonical one
   */
  record Found(LazyLayer layer, long file, String path) {
    @Override
    public String toString() {
      return path.isEmpty() ? "file " + file : path;
    }
  }

  void add(LazyLayer layer) {
    layers.add(layer);
    libraryDirectories = null;
    imports.layersChanged();
  }

  void remove(LazyLayer layer) {
    layers.remove(layer);
    paths.remove(layer);
    imports.layersChanged();
  }

  /** A file with a path, one of its own if it has none; null if none is known. */
  @Nullable Found named(Found file) {
    if (!file.path.isEmpty()) {
      return file;
    }
    String path =
        paths.computeIfAbsent(file.layer, layer -> new FilePaths(layer.tree())).of(file.file);
    if (!layers.contains(file.layer)) {
      paths.remove(file.layer); // closed meanwhile
    }
    return path == null ? null : new Found(file.layer, file.file, path);
  }

  /** Whether this file wasn't looked at yet, and may be now. */
  boolean isNew(Found file) {
    return looked.size() < MAX_LOOKED_AT && looked.add(new Looked(file.layer.digest(), file.file));
  }

  /** Where Python's imports lead. */
  ImportWalk imports() {
    return imports;
  }

  /** What its containers run; null as long as nobody has said it. */
  @Nullable ProgramStart start() {
    return start;
  }

  void start(ProgramStart known) {
    start = known;
  }

  boolean isEmpty() {
    return layers.isEmpty();
  }

  /** A program, as a shell would look for it: first in {@code directories}. */
  @Nullable Found program(String name, List<String> directories) {
    if (name.contains("/")) {
      return name.startsWith("/") ? file(name) : null;
    }
    Found found = in(directories, name);
    return found != null ? found : in(PROGRAM_DIRECTORIES, name);
  }

  /** A library, as the dynamic loader would look for it: first in {@code directories}. */
  @Nullable Found library(String name, List<String> directories) {
    if (name.contains("/")) {
      return name.startsWith("/") ? file(name) : null;
    }
    Found found = in(directories, name);
    return found != null ? found : in(libraryDirectories(), name);
  }

  private @Nullable Found in(List<String> directories, String name) {
    for (String directory : directories) {
      Found found = file(directory + "/" + name);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  /** Those that all distributions have, and what Debian's have below them, one for each machine. */
  private List<String> libraryDirectories() {
    List<String> known = libraryDirectories;
    if (known == null) {
      Set<String> all = new LinkedHashSet<>();
      for (String directory : LIBRARY_DIRECTORIES) {
        for (LazyLayer layer : layers) {
          addMachines(layer.tree(), directory, all);
        }
        all.add(directory);
      }
      known = List.copyOf(all);
      libraryDirectories = known;
    }
    return known;
  }

  private static void addMachines(LayerTree tree, String directory, Set<String> to) {
    Inode inode = tree.find(directory.substring(1)).orElse(null);
    if (inode == null || tree.inodes().kind(inode.number()) != InodeKind.DIRECTORY) {
      return;
    }
    for (int i = 0; i < tree.entryCount(inode.number()); i++) {
      long entry = tree.entryInode(inode.number(), i);
      String name = new String(tree.entryName(inode.number(), i), UTF_8);
      if (name.contains("-linux-") && tree.inodes().kind(entry) == InodeKind.DIRECTORY) {
        to.add(directory + "/" + name);
      }
    }
  }

  /** A regular file of the topmost layer that has it, symbolic links followed through all. */
  @Nullable Found file(String path) {
    String at = path;
    for (int links = 0; links < MAX_LINKS; links++) {
      Step step = null;
      for (int i = layers.size() - 1; i >= 0 && (step == null || step instanceof Step.In); i--) {
        step = walk(layers.get(i), at);
      }
      switch (step) {
        case null -> {
          return null;
        }
        case Step.In _ -> {
          return null;
        }
        case Step.At(Found found) -> {
          return found;
        }
        case Step.On(String other) -> at = other;
      }
    }
    return null;
  }

  /** Is told of what is in a directory. */
  interface Listed {
    /**
     * @param file a regular file, or one that a symbolic link leads to; null for a directory
     */
    void entry(String name, @Nullable Found file);
  }

  /** Lists a directory in all layers, the lowest first; what leads nowhere is left out. */
  void list(String directory, Listed listed) {
    String at = directory;
    for (int links = 0; links < MAX_LINKS; links++) {
      String other = null;
      for (LazyLayer layer : layers) {
        switch (walk(layer, at)) {
          case Step.On(String path) -> other = path;
          case Step.In(long number) -> list(layer, number, at, listed);
          case null, default -> {}
        }
      }
      if (other == null) {
        return;
      }
      at = other;
    }
  }

  private void list(LazyLayer layer, long directory, String path, Listed listed) {
    LayerTree tree = layer.tree();
    for (int i = 0; i < tree.entryCount(directory); i++) {
      long entry = tree.entryInode(directory, i);
      String name = new String(tree.entryName(directory, i), UTF_8);
      switch (tree.inodes().kind(entry)) {
        case DIRECTORY -> listed.entry(name, null);
        case FILE -> listed.entry(name, new Found(layer, entry, path + "/" + name));
        case SYMLINK -> {
          Found file = file(path + "/" + name);
          if (file != null) {
            listed.entry(name, file);
          }
        }
        case null, default -> {}
      }
    }
  }

  private sealed interface Step {
    record At(Found found) implements Step {}

    record On(String path) implements Step {}

    record In(long directory) implements Step {}
  }

  /** Goes down one layer; null if the path isn't in it or is neither a file's nor a directory's. */
  private static @Nullable Step walk(LazyLayer layer, String path) {
    LayerTree tree = layer.tree();
    List<String> names = names(path);
    long at = LayerTree.ROOT;
    for (int i = 0; i < names.size(); i++) {
      if (tree.inodes().kind(at) != InodeKind.DIRECTORY) {
        return null;
      }
      at = tree.lookup(at, ByteBuffer.wrap(names.get(i).getBytes(UTF_8)));
      if (at == 0) {
        return null;
      }
      if (tree.inodes().kind(at) == InodeKind.SYMLINK) {
        String rest = String.join("/", names.subList(i + 1, names.size()));
        return new Step.On(behind(names.subList(0, i), target(tree, at)) + "/" + rest);
      }
    }
    return switch (tree.inodes().kind(at)) {
      case FILE -> new Step.At(new Found(layer, at, "/" + String.join("/", names)));
      case DIRECTORY -> new Step.In(at);
      case null, default -> null;
    };
  }

  private static String behind(List<String> directory, String target) {
    return target.startsWith("/") ? target : "/" + String.join("/", directory) + "/" + target;
  }

  private static String target(LayerTree tree, long link) {
    ByteBuffer target = ByteBuffer.allocate(LayerTree.MAX_TARGET_BYTES);
    tree.inodes().putTarget(link, target);
    return UTF_8.decode(target.flip()).toString();
  }

  /** A path's components, dots resolved as text. */
  private static List<String> names(String path) {
    ArrayDeque<String> names = new ArrayDeque<>();
    for (String name : path.split("/", MAX_COMPONENTS)) {
      switch (name) {
        case "", "." -> {}
        case ".." -> names.pollLast();
        default -> names.addLast(name);
      }
    }
    return new ArrayList<>(names);
  }
}
