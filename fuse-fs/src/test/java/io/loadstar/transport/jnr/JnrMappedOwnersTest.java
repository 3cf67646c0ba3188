package io.loadstar.transport.jnr;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.fs.MappedOwners;
import io.loadstar.linux.Errno;
import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.IdMappedMount;
import io.loadstar.linux.IdMaps;
import io.loadstar.linux.UserNamespace;
import io.loadstar.transport.FuseMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MappedOwnersContractTest;
import io.loadstar.transport.MemoryFileSystem;
import io.loadstar.transport.MountSpec;
import java.io.IOException;
import java.nio.file.Path;

/** libfuse2 can't let the kernel map owners, so a second mount shows them. */
final class JnrMappedOwnersTest extends MappedOwnersContractTest {

  @Override
  protected FuseTransport transport() {
    return new JnrFuseTransport();
  }

  @Override
  protected void mountMapped(MemoryFileSystem files, IdMaps maps, Path place) throws IOException {
    FuseMount plain = mount(files);
    try (UserNamespace namespace = UserNamespace.of(maps)) {
      ErrnoException refused =
          assertThrows(
              ErrnoException.class, () -> IdMappedMount.make(plain.mountPoint(), place, namespace));
      assertEquals(Errno.EINVAL, refused.errno());
    }
    mount(new MappedOwners(files, maps), new MountSpec(place, "loadstar", 64));
  }
}
