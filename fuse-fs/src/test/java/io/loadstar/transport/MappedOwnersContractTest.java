package io.loadstar.transport;

import static io.loadstar.fs.ReadOnlyFileSystem.ROOT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.loadstar.linux.IdMap;
import io.loadstar.linux.IdMaps;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A container in a user namespace sees its own owners in an overlay over a mount, which keeps them
 * when it copies files up.
 */
public abstract class MappedOwnersContractTest extends MountingTest {

  private static final IdMaps MAPS =
      new IdMaps(IdMap.parse("0:100000:65536"), IdMap.parse("0:200000:65536"));

  private final MemoryFileSystem files = new MemoryFileSystem();

  /** Mounts {@code files} with mapped owners at {@code place}, an existing directory. */
  protected abstract void mountMapped(MemoryFileSystem files, IdMaps maps, Path place)
      throws IOException;

  @BeforeEach
  void overlay() throws IOException {
    files.owner(files.file(ROOT, "roots", "of root\n"), 0, 0);
    files.owner(files.file(ROOT, "users", "of a user\n"), 1234, 4321);
    files.owner(files.file(ROOT, "strangers", "of nobody here\n"), 70_000, 70_000);
    Path mapped = newDirectory("mapped");
    newDirectory("tmp");
    sh("mount -t tmpfs tmpfs $T/tmp && cd $T/tmp && mkdir lower upper work merged");
    mountMapped(files, MAPS, mapped);
    sh(
        "cd $T/tmp && mount -t overlay overlay -o"
            + " lowerdir=$T/mapped:$T/tmp/lower,upperdir=$T/tmp/upper,workdir=$T/tmp/work merged");
  }

  /** Before the mount beneath goes. */
  @AfterEach
  void takeTheOverlayAway() throws IOException {
    run("umount $T/tmp/merged; umount $T/tmp; umount $T/mapped");
  }

  @Test
  void ownersAreTheContainers() throws IOException {
    assertEquals("100000 200000", sh("stat -c '%u %g' $T/tmp/merged/roots"));
    assertEquals("101234 204321", sh("stat -c '%u %g' $T/tmp/merged/users"));
    assertEquals("65534 65534", sh("stat -c '%u %g' $T/tmp/merged/strangers"));
  }

  @Test
  void whatIsCopiedUpKeepsItsOwner() throws IOException {
    sh("echo more >> $T/tmp/merged/users");
    assertEquals("of a user\nmore", sh("cat $T/tmp/merged/users"));
    assertEquals("101234 204321", sh("stat -c '%u %g' $T/tmp/upper/users"));
  }

  @Test
  void nobodyWritesToTheLayerItself() throws IOException {
    assertNotEquals(0, run("chown 0 $T/mapped/roots").status());
  }
}
