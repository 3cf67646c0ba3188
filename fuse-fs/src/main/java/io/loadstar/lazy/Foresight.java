package io.loadstar.lazy;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.RejectedExecutionException;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Fetches what a program that is being started will open before it does anything: the dynamic
 * loader opens one library after the other, each when the one before is mapped, a shell one program
 * after the other, a Python interpreter one module after the other, which is a round trip each.
 * What they will open stands in the files that they have just read, and what runs first in the
 * image's configuration.
 *
 * <p>Only of layers of which nobody has said or learnt what is read first, and a bounded number of
 * files of each image. All of it is a guess: what can't be read or makes no sense ends it, and
 * nobody is told but the log.
 *
 * <p>Thread-safe. Each file is looked at on a virtual thread, which waits for its bytes.
 */
final class Foresight {

  private static final Logger LOG = LoggerFactory.getLogger(Foresight.class);

  /**
   * How much of a script is looked at, in bytes; of one that stands in a command, in characters.
   */
  private static final int SCRIPT_BYTES = 64 << 10;

  /** So many words of a command are looked at. */
  private static final int MAX_WORDS = 16;

  private static final int SNIFFED_BYTES = 4;
  private static final String ORIGIN = "$ORIGIN";

  private final Workers workers;
  private final GuessedFiles files;

  Foresight(Workers workers, Prefetcher prefetcher) {
    this.workers = workers;
    this.files = new GuessedFiles(prefetcher);
  }

  /** A file is read from its beginning, for the first time. Returns at once. */
  void begun(LazyLayer layer, long file) {
    look(layer.image(), new ImageFiles.Found(layer, file, ""));
  }

  /**
   * What an image's containers run is known, or that one of its layers is to be guessed about:
   * looks for the program before anybody reads it. Returns at once.
   */
  void starts(ImageFiles image) {
    ProgramStart start = image.start();
    if (start != null) {
      try {
        workers.network().execute(() -> starts(start, image));
      } catch (RejectedExecutionException e) {
        LOG.debug("shutting down", e);
      }
    }
  }

  private void starts(ProgramStart start, ImageFiles image) {
    try {
      startOf(start.entrypoint(), start, image);
      startOf(start.command(), start, image); // what an entry point's script mostly ends with
    } catch (RuntimeException e) {
      LOG.debug("what {} needs isn't known", start, e);
    }
  }

  private void startOf(List<String> words, ProgramStart start, ImageFiles image) {
    if (words.isEmpty()) {
      return;
    }
    List<ImageFiles.Found> found = new ArrayList<>();
    add(image.program(words.getFirst(), start.directories()), found);
    for (String word : words.subList(1, Math.min(MAX_WORDS, words.size()))) {
      if (word.startsWith("/")) {
        add(image.file(word), found);
      }
    }
    if (words.size() > 2 && words.get(1).equals("-c")) {
      String text = "#!" + words.getFirst() + "\n" + words.get(2);
      ScriptNeeds script = ScriptNeeds.of(text.substring(0, Math.min(SCRIPT_BYTES, text.length())));
      if (script != null) {
        script.programs().forEach(name -> add(image.program(name, start.directories()), found));
      }
    }
    found.removeIf(file -> !file.layer().isGuessedAbout());
    if (files.fetch(found)) {
      found.forEach(file -> look(image, file));
    }
  }

  private void look(ImageFiles image, ImageFiles.Found at) {
    if (!image.imports().knows(at)) {
      lookAt(image, at);
    }
  }

  private void lookAt(ImageFiles image, ImageFiles.Found at) {
    if (!image.isNew(at)) {
      return;
    }
    try {
      workers.network().execute(() -> follow(image, at));
    } catch (RejectedExecutionException e) {
      LOG.debug("shutting down", e);
    }
  }

  private void follow(ImageFiles image, ImageFiles.Found at) {
    try {
      ByteBuffer sniffed = ByteBuffer.allocate(SNIFFED_BYTES);
      GuessedFiles.read(at, 0, sniffed);
      if (sniffed.position() < SNIFFED_BYTES) {
        return;
      }
      if (sniffed.getInt(0) == ElfNeeds.MAGIC) {
        followProgram(image, at);
      } else if (sniffed.get(0) == '#' && sniffed.get(1) == '!') {
        followScript(image, at);
      } else if (PythonNeeds.isCompiled(sniffed) || image.imports().isStarted()) {
        followModule(image, at);
      }
    } catch (IOException | RuntimeException e) {
      LOG.debug("layer {}: what {} needs isn't known", at.layer().digest(), at, e);
    }
  }

  private void followProgram(ImageFiles image, ImageFiles.Found at) throws IOException {
    ElfNeeds elf = ElfNeeds.of((offset, destination) -> GuessedFiles.read(at, offset, destination));
    if (elf != null && followAll(image, at, found(image, elf, at))) {
      files.fetchMiddle(at);
      if (PythonModules.isInterpreter(at.path())) {
        image.imports().starts(at.path(), walking(image));
      }
    }
  }

  private void followScript(ImageFiles image, ImageFiles.Found at) throws IOException {
    ByteBuffer text = ByteBuffer.allocate(SCRIPT_BYTES);
    GuessedFiles.read(at, 0, text);
    ScriptNeeds script = ScriptNeeds.of(UTF_8.decode(text.flip()).toString());
    if (script == null) {
      return;
    }
    List<ImageFiles.Found> needed = found(image, script);
    boolean room = followAll(image, at, needed);
    ImageFiles.Found named = room && script.isPython() ? image.named(at) : null;
    for (ImageFiles.Found program : needed) {
      if (named != null && PythonModules.isInterpreter(program.path())) {
        image.imports().starts(program.path(), walking(image)); // where modules are looked for
        image.imports().begun(named, walking(image));
      }
    }
  }

  private void followModule(ImageFiles image, ImageFiles.Found at) {
    ImageFiles.Found named = image.named(at);
    if (named != null && PythonModules.isModule(named.path())) {
      image.imports().begun(named, walking(image));
    }
  }

  private ImportWalk.Means walking(ImageFiles image) {
    return new ImportWalk.Means(files, extension -> lookAt(image, extension));
  }

  /** Whether there is room for what is needed, which then is looked at in turn. */
  private boolean followAll(ImageFiles image, ImageFiles.Found at, List<ImageFiles.Found> needed) {
    LOG.debug("layer {}: file {} needs {}", at.layer().digest(), at.file(), needed);
    boolean room = files.fetch(needed);
    if (room) {
      needed.forEach(each -> look(image, each)); // which reads them
    }
    return room;
  }

  private static List<ImageFiles.Found> found(ImageFiles image, ScriptNeeds script) {
    List<ImageFiles.Found> found = new ArrayList<>();
    add(image.program(script.interpreter(), List.of()), found);
    for (String program : script.programs()) {
      add(image.program(program, script.directories()), found);
    }
    return found;
  }

  private static List<ImageFiles.Found> found(ImageFiles image, ElfNeeds elf, ImageFiles.Found at) {
    List<ImageFiles.Found> found = new ArrayList<>();
    if (elf.interpreter() != null) {
      add(image.library(elf.interpreter(), List.of()), found);
    }
    List<String> directories = new ArrayList<>();
    for (String directory : elf.directories()) {
      String own = at.path().isEmpty() ? "" : at.path().substring(0, at.path().lastIndexOf('/'));
      String absolute = own.isEmpty() ? directory : directory.replace(ORIGIN, own);
      if (absolute.startsWith("/")) {
        directories.add(absolute);
      }
    }
    for (String library : elf.libraries()) {
      add(image.library(library, directories), found);
    }
    return found;
  }

  private static void add(ImageFiles.@Nullable Found file, List<ImageFiles.Found> to) {
    if (file != null) {
      to.add(file);
    }
  }
}
