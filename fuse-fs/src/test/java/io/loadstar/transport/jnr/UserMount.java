package io.loadstar.transport.jnr;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.linux.MountTable;
import io.loadstar.transport.FuseMount;
import io.loadstar.transport.MemoryFileSystem;
import io.loadstar.transport.MountSpec;
import java.nio.file.Path;

/**
 * Mounts a file "hello" at its argument, says "mounted", waits for a line, unmounts, says
 * "unmounted": a program of its own, so that an ordinary user can run it.
 */
public final class UserMount {

  private UserMount() {}

  public static void main(String[] arguments) throws Exception {
    MemoryFileSystem files = new MemoryFileSystem();
    files.file(ReadOnlyFileSystem.ROOT, "hello", "world");
    MountSpec spec = new MountSpec(Path.of(arguments[0]), "loadstar", 8);
    try (FuseMount mount = new JnrFuseTransport().mount(files, spec)) {
      System.out.println(mount.isAlive() ? "mounted" : "dead");
      var _ = System.in.read();
    }
    boolean gone = MountTable.read().at(Path.of(arguments[0])) == null;
    System.out.println(gone ? "unmounted" : "still mounted");
  }
}
