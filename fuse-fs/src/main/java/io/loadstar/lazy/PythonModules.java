package io.loadstar.lazy;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The Python modules of one image, as its interpreter would find them: for guesses. Directories are
 * listed when they are first looked into. Not thread-safe.
 *
 * <p>Modules are looked for beside the one that imports them, in what it imports, and in the roots:
 * the directories from which modules were read so far, and those that belong to them by their names
 * (Python's library reference, "site"). A file of {@code __pycache__} is its module, as in PEP
 * 3147; the text is read only if there is none.
 */
final class PythonModules {

  private static final String CACHE = "__pycache__";
  private static final String PACKAGE = "__init__";
  private static final int MAX_ROOTS = 16;
  private static final int MAX_PACKAGES = 32;

  /** So many times a name is looked for, in all. */
  private static final int MAX_LOOKUPS = 4_000_000;

  /** So many names of modules are kept. */
  private static final int MAX_KEPT = 1 << 16;

  /** A directory's compiled modules are fetched together up to this, in compressed bytes. */
  private static final long MAX_DIRECTORY_BYTES = 4 << 20;

  /** What an interpreter imports before it does anything. */
  private static final List<String> FIRST =
      List.of("encodings", "encodings.utf_8", "io", "site", "sitecustomize");

  private static final Pattern VERSIONED = Pattern.compile("python3\\.\\d+");
  private static final Pattern DOT = Pattern.compile("\\.");

  private final ImageFiles image;
  private final Map<String, Map<String, Module>> directories = new HashMap<>();
  private final Set<String> roots = new LinkedHashSet<>();
  private final Set<String> besides = new HashSet<>();
  private int lookups;
  private int kept;

  PythonModules(ImageFiles image) {
    this.image = image;
  }

  /**
   * What stands for one name in a directory; a package and a module may both.
   *
   * @param directory a package's, or what may be one's; null if there is none
   */
  private record Module(
      ImageFiles.@Nullable Found file,
      ImageFiles.@Nullable Found text,
      @Nullable String directory) {

    private static final Module NONE = new Module(null, null, null);

    Module withFile(ImageFiles.Found other) {
      return new Module(other, text, directory);
    }

    Module withText(ImageFiles.Found other) {
      return new Module(file, other, directory);
    }

    Module within(String path) {
      return new Module(file, text, path);
    }

    ImageFiles.@Nullable Found read() {
      return file == null ? text : file;
    }
  }

  /** Whether a path may be that of a module that isn't an extension. */
  static boolean isModule(String path) {
    return path.endsWith(".py") || path.endsWith(".pyc");
  }

  /** Whether a path may be that of a module that is a library. */
  static boolean isExtension(String path) {
    return path.endsWith(".so");
  }

  /** Whether a program is an interpreter, by its name. */
  static boolean isInterpreter(String path) {
    return VERSIONED.matcher(path.substring(path.lastIndexOf('/') + 1)).matches();
  }

  /** Has directories listed anew. */
  void forget() {
    directories.clear();
    kept = 0;
  }

  /** What an interpreter imports first; none if the path isn't one's. */
  List<ImageFiles.Found> firstOf(String interpreter) {
    int name = interpreter.lastIndexOf('/') + 1;
    int prefix = interpreter.lastIndexOf('/', Math.max(name - 2, 0));
    String version = interpreter.substring(name);
    if (prefix < 0 || !VERSIONED.matcher(version).matches()) {
      return List.of();
    }
    addLibrary(interpreter.substring(0, prefix) + "/lib/" + version);
    return found(FIRST, List.of());
  }

  /**
   * The modules that {@code names} may mean in a module.
   *
   * @param path the module's own
   */
  List<ImageFiles.Found> imported(String path, List<String> names) {
    String own = directoryOf(path);
    addRoots(own);
    return found(names, List.of(own));
  }

  private List<ImageFiles.Found> found(List<String> names, List<String> near) {
    List<ImageFiles.Found> found = new ArrayList<>();
    Set<String> bases = new LinkedHashSet<>(near);
    bases.addAll(roots);
    int most = bases.size() + MAX_PACKAGES;
    for (String name : names) {
      String[] parts = DOT.split(name, -1);
      List<String> packages = new ArrayList<>();
      for (String base : bases) {
        String directory = lookups++ < MAX_LOOKUPS ? resolve(base, parts, found) : null;
        if (directory != null) {
          packages.add(directory);
        }
      }
      if (bases.size() < most) {
        bases.addAll(packages);
      }
    }
    return found;
  }

  /** Adds the modules on the way to a name; its directory, if it is a package. */
  private @Nullable String resolve(String base, String[] parts, List<ImageFiles.Found> to) {
    String at = base;
    for (String part : parts) {
      Module module = at == null ? null : modules(at).get(part);
      if (module == null) {
        return null;
      }
      add(module.read(), to);
      at = module.directory;
      if (at != null) {
        Module whole = modules(at).get(PACKAGE);
        add(whole == null ? null : whole.read(), to);
      }
    }
    return at;
  }

  private static void add(ImageFiles.@Nullable Found file, List<ImageFiles.Found> to) {
    if (file != null) {
      to.add(file);
    }
  }

  /** All compiled modules in the directory of one, once; none if that is large. */
  List<ImageFiles.Found> beside(String path) {
    String directory = parent(path);
    if (!directory.endsWith("/" + CACHE) || !besides.add(directory)) {
      return List.of();
    }
    List<ImageFiles.Found> all = new ArrayList<>();
    long bytes = 0;
    for (Module module : modules(parent(directory)).values()) {
      if (module.file != null && module.file.path().startsWith(directory)) {
        all.add(module.file);
        bytes += GuessedFiles.shortLength(module.file);
      }
    }
    return bytes > MAX_DIRECTORY_BYTES ? List.of() : all;
  }

  /** The directory whose modules are beside this one. */
  private static String directoryOf(String path) {
    String directory = parent(path);
    return directory.endsWith("/" + CACHE) ? parent(directory) : directory;
  }

  private static String parent(String path) {
    return path.substring(0, Math.max(path.lastIndexOf('/'), 0));
  }

  /** Where modules are looked for since one of this directory was read. */
  private void addRoots(String directory) {
    String root = directory;
    while (!root.isEmpty() && modules(root).containsKey(PACKAGE)) {
      root = parent(root);
    }
    addRoot(root);
    for (String at = directory; !at.isEmpty(); at = parent(at)) {
      String name = at.substring(at.lastIndexOf('/') + 1);
      if (name.equals("site-packages") || name.equals("dist-packages")) {
        addRoot(at);
      } else if (VERSIONED.matcher(name).matches()) {
        addLibrary(at);
      }
    }
  }

  /** A version's standard library, and what is installed for it. */
  private void addLibrary(String directory) {
    addRoot(directory);
    addRoot(directory + "/lib-dynload");
    addRoot(directory + "/site-packages");
    addRoot(parent(directory) + "/python3/dist-packages");
    addRoot("/usr/local" + directory.replaceFirst("^/usr(?:/local)?", "") + "/dist-packages");
  }

  private void addRoot(String directory) {
    if (roots.size() < MAX_ROOTS && !roots.contains(directory) && !modules(directory).isEmpty()) {
      roots.add(directory);
    }
  }

  private Map<String, Module> modules(String directory) {
    Map<String, Module> known = directories.get(directory);
    if (known == null) {
      known = kept < MAX_KEPT ? list(directory) : Map.of();
      kept += 1 + known.size();
      directories.put(directory, known);
    }
    return known;
  }

  private Map<String, Module> list(String directory) {
    Map<String, Module> modules = new HashMap<>();
    image.list(
        directory,
        (name, file) -> {
          String path = directory + "/" + name;
          if (file == null) {
            if (!name.equals(CACHE)) {
              modules.merge(name, Module.NONE.within(path), (old, _) -> old.within(path));
            }
          } else if (name.endsWith(".py")) {
            modules.merge(stem(name), Module.NONE.withText(file), (old, _) -> old.withText(file));
          } else if (name.endsWith(".so")) {
            modules.merge(stem(name), Module.NONE.withFile(file), (old, _) -> old.withFile(file));
          }
        });
    image.list(
        directory + "/" + CACHE,
        (name, file) -> {
          if (file != null && name.endsWith(".pyc") && !name.contains(".opt-")) {
            modules.computeIfPresent(stem(name), (_, old) -> old.withFile(file));
          }
        });
    return modules;
  }

  /** A file's name up to its first dot. */
  private static String stem(String name) {
    return name.substring(0, name.indexOf('.'));
  }
}
