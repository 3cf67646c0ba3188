package io.loadstar.transport.jnr;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MountingTest;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** A mount of an ordinary user's, by fusermount. */
final class JnrUserMountTest extends MountingTest {

  /** "nobody", by number: not every system has the name. */
  private static final String AS_USER = "setpriv --reuid=65534 --regid=65534 --clear-groups ";

  /** What the program needs of the class path. */
  private static final List<String> LIBRARIES = List.of("jnr", "jffi", "asm", "slf4j", "jspecify");

  @Override
  protected FuseTransport transport() {
    return new JnrFuseTransport();
  }

  @Test
  void anOrdinaryUserMountsByFusermount() throws Exception {
    assumeTrue(runs("setpriv --help"), "needs the command setpriv");
    assumeTrue(
        Stream.of("fusermount", "fusermount3").anyMatch(JnrUserMountTest::isSetUid),
        "needs a fusermount that is set-uid root");
    // fusermount opens /dev/fuse as the user who calls it, who mayn't everywhere: here he may.
    Path device = newDirectory("dev").resolve("fuse");
    assumeTrue(
        runs("mknod -m 666 " + device + " c 10 229 && true <> " + device),
        "needs a file system on which devices can be made and opened");
    Path place = forUser(newDirectory("mount"));
    Path temporary = forUser(newDirectory("tmp"));
    String java =
        ProcessHandle.current().info().command().orElseThrow()
            + " -Xmx64m -XX:TieredStopAtLevel=1 --enable-native-access=ALL-UNNAMED"
            + " -Djava.io.tmpdir="
            + temporary
            + " -cp "
            + readableClassPath(newDirectory("classes"))
            + " ";

    Process daemon =
        start(
            "exec unshare --mount sh -c 'mount --bind %s /dev/fuse && exec %s %s %s %s'"
                .formatted(device, AS_USER, java, UserMount.class.getName(), place));
    try (BufferedReader output = daemon.inputReader(UTF_8)) {
      assertSays("mounted", output);
      String within = "nsenter --mount --target " + daemon.pid() + " ";
      assertEquals("fuse.loadstar", sh(within + "findmnt -no FSTYPE " + place).strip());
      assertEquals("world", sh(within + AS_USER + "cat " + place.resolve("hello")));

      daemon.outputWriter(UTF_8).append('\n').flush();
      assertSays("unmounted", output); // which it says with the mount table before its eyes
    }
    assertTrue(endsInTime(daemon));
  }

  /** The JVM and libraries may have something to say first. */
  private static void assertSays(String word, BufferedReader output) throws IOException {
    StringBuilder other = new StringBuilder();
    String line = output.readLine();
    while (line != null && !line.equals(word)) {
      other.append(line).append('\n');
      line = output.readLine();
    }
    assertEquals(word, line, other::toString);
  }

  /** Classes and libraries where anybody may read them: a home directory isn't such a place. */
  private static String readableClassPath(Path directory) throws IOException {
    StringBuilder path = new StringBuilder();
    String own = System.getProperty("surefire.test.class.path");
    String all = own == null ? System.getProperty("java.class.path", "") : own;
    for (String element : all.split(File.pathSeparator, -1)) {
      Path source = Path.of(element);
      String name = source.getFileName().toString();
      if (Files.isDirectory(source)) {
        Path copy = directory.resolve("classes" + path.length());
        copyTree(source, copy);
        path.append(copy).append(':');
      } else if (LIBRARIES.stream().anyMatch(name::startsWith)) {
        path.append(Files.copy(source, directory.resolve(name))).append(':');
      }
    }
    return path.toString();
  }

  private static void copyTree(Path from, Path to) throws IOException {
    try (Stream<Path> files = Files.walk(from)) {
      for (Path file : files.toList()) {
        Files.copy(file, to.resolve(from.relativize(file)));
      }
    }
  }

  private static Path forUser(Path directory) throws IOException {
    return Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
  }

  private static boolean isSetUid(String program) {
    try {
      Path file = Path.of("/usr/bin", program);
      return Files.exists(file) && ((int) Files.getAttribute(file, "unix:mode") & 04000) != 0;
    } catch (IOException e) {
      return false;
    }
  }

  private static boolean runs(String command) throws Exception {
    return new ProcessBuilder("sh", "-c", command + " >/dev/null 2>&1").start().waitFor() == 0;
  }
}
