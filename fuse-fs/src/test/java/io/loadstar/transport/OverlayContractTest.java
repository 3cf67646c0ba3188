package io.loadstar.transport;

import static io.loadstar.fs.ReadOnlyFileSystem.ROOT;
import static io.loadstar.transport.MemoryFileSystem.S_IFCHR;
import static io.loadstar.transport.MemoryFileSystem.content;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A mount of any transport serves as an overlay's lower layer, as containers use it. */
public abstract class OverlayContractTest extends MountingTest {

  private final MemoryFileSystem files = new MemoryFileSystem();

  @BeforeEach
  void makePlaces() throws IOException {
    newDirectory("tmp");
    sh("mount -t tmpfs tmpfs $T/tmp && cd $T/tmp && mkdir lower upper work merged");
  }

  /** Before the mount beneath goes. */
  @AfterEach
  void takeTheOverlayAway() throws IOException {
    run("umount $T/tmp/merged; umount $T/tmp");
  }

  private void overlay() throws IOException {
    mount(files);
    sh(
        "cd $T/tmp && mount -t overlay overlay -o"
            + " lowerdir=$M:$T/tmp/lower,upperdir=$T/tmp/upper,workdir=$T/tmp/work merged");
  }

  @Test
  void whiteoutsAndOpaqueDirectoriesHideWhatIsBelow() throws IOException {
    sh("cd $T/tmp/lower; echo below > gone; echo below > seen; mkdir opaque plain");
    sh("cd $T/tmp/lower; echo below > opaque/hidden; echo below > plain/visible");
    files.special(ROOT, "gone", S_IFCHR, 0, 0);
    long opaque = files.directory(ROOT, "opaque");
    files.xattr(opaque, "trusted.overlay.opaque", new byte[] {'y'});
    files.file(opaque, "above", "above");
    files.file(files.directory(ROOT, "plain"), "above", "above");
    overlay();

    assertEquals(
        ".\n./opaque\n./opaque/above\n./plain\n./plain/above\n./plain/visible\n./seen",
        sh("cd $T/tmp/merged && find . | sort"));
    assertNotEquals(0, run("cat $T/tmp/merged/gone").status());
  }

  @Test
  void filesAreCopiedUpChangedRenamedAndDeleted() throws IOException {
    long directory = files.directory(ROOT, "directory");
    for (String name : new String[] {"append", "rename", "delete", "mode", "keep"}) {
      long file = files.file(directory, name, "from below\n");
      files.owner(file, 1234, 4321);
      files.xattr(file, "user.kept", new byte[] {'v'});
    }
    overlay();

    sh("cd $T/tmp/merged/directory && echo appended >> append && mv rename renamed");
    sh("cd $T/tmp/merged/directory && rm delete && chmod 4711 mode && echo new > created");
    sh("cd $T/tmp/merged && mv directory moved && mkdir directory && echo x > directory/fresh");

    assertEquals("append\ncreated\nkeep\nmode\nrenamed", sh("ls $T/tmp/merged/moved"));
    assertEquals("from below\nappended", sh("cat $T/tmp/merged/moved/append"));
    assertEquals("from below", sh("cat $T/tmp/merged/moved/renamed"));
    assertEquals("4711 1234 4321", sh("stat -c '%a %u %g' $T/tmp/merged/moved/mode"));
    assertEquals("fresh", sh("ls $T/tmp/merged/directory"));
    assertEquals("append\ndelete\nkeep\nmode\nrename", sh("ls $M/directory"));
  }

  @Test
  void programsRunFromTheOverlay() throws IOException {
    byte[] program = java.nio.file.Files.readAllBytes(java.nio.file.Path.of("/usr/bin/id"));
    files.file(ROOT, "id".getBytes(UTF_8), 0755, content(program));
    overlay();

    assertEquals("0", sh("$T/tmp/merged/id -u"));
    assertEquals("0", sh("cp $T/tmp/merged/id $T/tmp/merged/id2 && $T/tmp/merged/id2 -u"));
  }

  @Test
  void anOverlayGoesOnWhenTheMountBeneathIsUnmounted() throws IOException {
    files.file(ROOT, "read", "already read");
    files.file(ROOT, "unread", "not read before");
    FuseMount mount = mount(files);
    sh(
        "cd $T/tmp && mount -t overlay overlay -o"
            + " lowerdir=$M,upperdir=$T/tmp/upper,workdir=$T/tmp/work merged");
    sh("umount $M");

    assertEquals("not read before", sh("cat $T/tmp/merged/unread"));
    assertTrue(!mount.isAlive(), "alive, though it can't be used any more");
  }
}
