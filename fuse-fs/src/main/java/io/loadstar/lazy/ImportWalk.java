package io.loadstar.lazy;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Goes where a Python interpreter will go in an image: from modules to those that they import, all
 * of one distance at once. The interpreter comes to them one after the other, each a round trip
 * later; what a module imports is known as soon as it has come. Who imports one module of a
 * directory mostly imports the others as well, so that directories are fetched whole.
 *
 * <p>Thread-safe; one for an image. One thread walks at a time, whichever found the walk standing
 * still.
 */
final class ImportWalk {

  private static final Logger LOG = LoggerFactory.getLogger(ImportWalk.class);

  /** So many modules of an image are followed at most. */
  private static final int MAX_MODULES = 4096;

  /** Of larger ones nothing is told, in bytes. */
  private static final int MAX_MODULE_BYTES = 1 << 20;

  /** Held while directories are listed; so only who walks takes it, no reader and no mount. */
  private final Object lock = new Object();

  private final PythonModules modules; // guarded by the lock, as the next two
  private final List<ImageFiles.Found> next = new ArrayList<>();
  private boolean walking;

  private final Set<Seen> seen = ConcurrentHashMap.newKeySet();

  /** Whether anything of Python's was read here. */
  private volatile boolean started;

  /** Whether directories may have others since they were listed. */
  private volatile boolean stale;

  private record Seen(Digest layer, long file) {}

  /**
   * What it has.
   *
   * @param files brings what it finds
   * @param extensions is told of modules that are programs' libraries; is quick
   */
  record Means(GuessedFiles files, Consumer<ImageFiles.Found> extensions) {}

  private interface Beginning {
    List<ImageFiles.Found> modules();
  }

  ImportWalk(ImageFiles image) {
    this.modules = new PythonModules(image);
  }

  /** Whether what is read may be text of Python's. */
  boolean isStarted() {
    return started;
  }

  /** Whether a file was come by. */
  boolean knows(ImageFiles.Found file) {
    return seen.contains(new Seen(file.layer().digest(), file.file()));
  }

  /** What directories have may be another. */
  void layersChanged() {
    stale = true;
  }

  /** An interpreter is about to start. Returns when all that it leads to was asked for. */
  void starts(String interpreter, Means means) {
    walk(() -> modules.firstOf(interpreter), means);
  }

  /**
   * A module, or a script, is read. Returns when all that it leads to was asked for.
   *
   * @param module with its path
   */
  void begun(ImageFiles.Found module, Means means) {
    walk(() -> List.of(module), means);
  }

  private void walk(Beginning beginning, Means means) {
    synchronized (lock) {
      if (stale) {
        stale = false; // before, lest one be missed
        modules.forget();
      }
      addNew(beginning.modules());
      started |= !next.isEmpty();
      if (walking) {
        return;
      }
      walking = true;
    }
    boolean room = true;
    try {
      List<ImageFiles.Found> now = take(room);
      while (!now.isEmpty()) {
        room = step(now, means);
        now = take(room);
      }
    } catch (RuntimeException e) {
      var _ = take(false);
      throw e;
    }
  }

  /** What is next; nobody walks any more if that is nothing. */
  private List<ImageFiles.Found> take(boolean room) {
    synchronized (lock) {
      List<ImageFiles.Found> now = room ? List.copyOf(next) : List.of();
      next.clear();
      walking = !now.isEmpty();
      return now;
    }
  }

  /** Called with the lock. */
  private void addNew(List<ImageFiles.Found> files) {
    for (ImageFiles.Found file : files) {
      if (file.layer().isGuessedAbout()
          && seen.size() < MAX_MODULES
          && seen.add(new Seen(file.layer().digest(), file.file()))) {
        next.add(file);
      }
    }
  }

  /** Has modules fetched, and finds out what they import; whether there was room. */
  private boolean step(List<ImageFiles.Found> files, Means means) {
    List<ImageFiles.Found> fetched = new ArrayList<>(files);
    synchronized (lock) {
      files.forEach(file -> fetched.addAll(modules.beside(file.path())));
    }
    if (!means.files.fetch(fetched)) {
      return false;
    }
    LOG.debug("{} modules, {} with their neighbours", files.size(), fetched.size());
    for (ImageFiles.Found file : files) {
      if (PythonModules.isExtension(file.path())) {
        means.extensions.accept(file);
      } else {
        List<String> names = namesIn(file);
        synchronized (lock) {
          addNew(modules.imported(file.path(), names));
        }
      }
    }
    return true;
  }

  private static List<String> namesIn(ImageFiles.Found file) {
    long size = file.layer().tree().inodes().size(file.file());
    if (size > MAX_MODULE_BYTES) {
      return List.of();
    }
    try {
      ByteBuffer bytes = ByteBuffer.allocate((int) size);
      GuessedFiles.read(file, 0, bytes);
      return PythonNeeds.isCompiled(bytes)
          ? PythonNeeds.ofCompiled(bytes.flip())
          : PythonNeeds.ofSource(UTF_8.decode(bytes.flip()).toString());
    } catch (IOException e) {
      LOG.debug("layer {}: what {} imports isn't known", file.layer().digest(), file, e);
      return List.of();
    }
  }
}
