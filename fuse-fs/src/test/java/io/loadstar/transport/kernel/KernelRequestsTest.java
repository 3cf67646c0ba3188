package io.loadstar.transport.kernel;

import static io.loadstar.fs.ReadOnlyFileSystem.ROOT;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MemoryFileSystem;
import io.loadstar.transport.MountSpec;
import io.loadstar.transport.MountingTest;
import java.io.IOException;
import org.junit.jupiter.api.Test;

/** What the kernel knows it doesn't ask for. */
final class KernelRequestsTest extends MountingTest {

  private static final int DIRECTORIES = 20;
  private static final int FILES = 30;

  /** GNU find asks fstatfs(2) once, whose answer changes on most file systems: nobody keeps it. */
  private static final int STATFS_OF_FIND = 1;

  /** Of each directory: itself, its files, a symbolic link; and the root with a file. */
  private static final int NAMES = DIRECTORIES * (FILES + 2) + 2;

  /** What ls asks of the root, which is an argument of its and a directory that it lists. */
  private static final int ONCE_MORE = 4;

  private final MemoryFileSystem files = new MemoryFileSystem();
  private final KernelFuseTransport transport = new KernelFuseTransport(KernelOptions.DEFAULT);
  private final KernelFuseTransport refusing =
      new KernelFuseTransport(
          KernelOptions.DEFAULT.withBareXattrs(KernelOptions.BareXattrs.REFUSED));

  @Override
  protected FuseTransport transport() {
    return transport;
  }

  private void makeTree() {
    for (int d = 0; d < DIRECTORIES; d++) {
      long directory = files.directory(ROOT, "directory" + d);
      for (int f = 0; f < FILES; f++) {
        files.file(directory, "file" + f, "content");
      }
      files.symlink(directory, "link", "file1");
    }
  }

  private KernelFuseTransport.Connected connect(ReadOnlyFileSystem fileSystem) throws IOException {
    return connect(transport, fileSystem);
  }

  private KernelFuseTransport.Connected connect(
      KernelFuseTransport through, ReadOnlyFileSystem fileSystem) throws IOException {
    return through.connect(fileSystem, new MountSpec(newDirectory("mount"), "loadstar", 4));
  }

  @Test
  void aSecondWalkAsksNothing() throws IOException {
    makeTree();
    KernelFuseTransport.Connected connected = connect(refusing, new PlainFileSystem(files));
    try (var _ = connected.mount()) {
      KernelConnection connection = connected.connection();
      sh("find $M");
      long afterFind = connection.requests();
      assertTrue(afterFind < 5 * DIRECTORIES, "a first find took " + afterFind + " requests");
      sh("find $M");
      assertEquals(afterFind + STATFS_OF_FIND, connection.requests());

      sh("ls -lR $M; cat $M/*/file*");
      long afterAll = connection.requests();
      sh("find $M; ls -lR $M; cat $M/*/file*");
      assertEquals(afterAll + STATFS_OF_FIND, connection.requests());
    }
  }

  @Test
  void aSecondWalkAsksForOneAttributeOfEachNameUnlessTheyAreRefused() throws IOException {
    makeTree();
    KernelFuseTransport.Connected connected = connect(new PlainFileSystem(files));
    try (var _ = connected.mount()) {
      KernelConnection connection = connected.connection();
      sh("find $M; ls -lR $M; cat $M/*/file*");
      long before = connection.requests();
      sh("find $M; cat $M/*/file*");
      assertEquals(before + STATFS_OF_FIND, connection.requests());
      before = connection.requests();
      sh("ls -lR $M");
      long asked = connection.requests() - before;
      assertTrue(asked <= NAMES + ONCE_MORE, "asked " + asked + " times for " + NAMES + " names");
    }
  }

  @Test
  void aFirstLongListingAsksForDirectoriesAndLinksOnly() throws IOException {
    makeTree();
    KernelFuseTransport.Connected connected = connect(refusing, new PlainFileSystem(files));
    try (var _ = connected.mount()) {
      sh("ls -lR $M");
      long requests = connected.connection().requests();
      // One directory's files are looked up before anyone can know that they are looked at.
      assertTrue(requests < 6 * DIRECTORIES + FILES, "took " + requests + " requests");
    }
  }

  @Test
  void whereThereAreXattrsOneOfThemIsAskedForAgain() throws IOException {
    makeTree();
    files.xattr(files.file(ROOT, "file", ""), "user.x", new byte[] {'y'});
    KernelFuseTransport.Connected connected = connect(files);
    try (var _ = connected.mount()) {
      KernelConnection connection = connected.connection();
      sh("find $M; ls -lR $M");
      long before = connection.requests();
      sh("find $M");
      assertEquals(before + STATFS_OF_FIND, connection.requests());
      before = connection.requests();
      sh("ls -lR $M");
      long asked = connection.requests() - before;
      assertTrue(asked <= NAMES + ONCE_MORE, "asked " + asked + " times for " + NAMES + " names");
    }
  }
}
