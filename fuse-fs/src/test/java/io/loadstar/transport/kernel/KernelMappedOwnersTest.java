package io.loadstar.transport.kernel;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.loadstar.linux.IdMappedMount;
import io.loadstar.linux.IdMaps;
import io.loadstar.linux.UserNamespace;
import io.loadstar.transport.FuseMount;
import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.MappedOwnersContractTest;
import io.loadstar.transport.MemoryFileSystem;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The kernel maps the owners of what this transport has mounted. */
final class KernelMappedOwnersTest extends MappedOwnersContractTest {

  @Override
  protected FuseTransport transport() {
    return new KernelFuseTransport(KernelOptions.DEFAULT);
  }

  @Override
  protected void mountMapped(MemoryFileSystem files, IdMaps maps, Path place) throws IOException {
    String[] version =
        Files.readString(Path.of("/proc/sys/kernel/osrelease")).strip().split("[.-]", 3);
    int release = Integer.parseInt(version[0]) * 1000 + Integer.parseInt(version[1]);
    assumeTrue(release >= 6_012, "needs Linux 6.12, which maps owners of FUSE mounts");
    FuseMount mount = mount(files);
    try (UserNamespace namespace = UserNamespace.of(maps)) {
      IdMappedMount.make(mount.mountPoint(), place, namespace);
    }
  }
}
