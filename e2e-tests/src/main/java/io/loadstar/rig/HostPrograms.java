package io.loadstar.rig;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Programs of this machine as a root file system that a container can run: no base image, no
 * network.
 */
public final class HostPrograms {

  private static final Pattern LIBRARY =
      Pattern.compile("^\\s*(?:\\S+ => )?(/\\S+) \\(0x[0-9a-f]+\\)$", Pattern.MULTILINE);

  private HostPrograms() {}

  /**
   * Copies programs to {@code /bin} of {@code tree}, and what {@code ldd} says that they load to
   * its own paths there.
   *
   * @param names looked up in the caller's PATH
   */
  public static void copyTo(Path tree, List<String> names)
      throws IOException, InterruptedException, TimeoutException {
    for (String directory : List.of("bin", "etc", "proc", "sys", "dev", "tmp", "root")) {
      Files.createDirectories(tree.resolve(directory));
    }
    Set<Path> libraries = new LinkedHashSet<>();
    for (String name : names) {
      String program = Program.shell("readlink -f \"$(type -P " + name + ")\"").output().strip();
      Files.copy(
          Path.of(program),
          tree.resolve("bin").resolve(name),
          StandardCopyOption.COPY_ATTRIBUTES,
          StandardCopyOption.REPLACE_EXISTING);
      Matcher matcher = LIBRARY.matcher(Program.of("ldd", program).run().out());
      while (matcher.find()) {
        libraries.add(Path.of(matcher.group(1)));
      }
    }
    for (Path library : libraries) {
      copy(library, tree.resolve(library.toString().substring(1)));
    }
  }

  private static void copy(Path library, Path target) throws IOException {
    Files.createDirectories(target.getParent());
    try {
      Files.copy(library.toRealPath(), target, StandardCopyOption.COPY_ATTRIBUTES);
    } catch (FileAlreadyExistsException e) {
      // Copied for an earlier call.
    }
  }
}
