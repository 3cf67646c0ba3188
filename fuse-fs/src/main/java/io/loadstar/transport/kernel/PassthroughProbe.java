package io.loadstar.transport.kernel;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.linux.Errno;
import io.loadstar.linux.Libc;
import io.loadstar.transport.FuseMount;
import io.loadstar.transport.MountSpec;
import io.loadstar.transport.kernel.FuseWire.InitFlag;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/**
 * Finds out whether the kernel takes files of a directory as backing files: it must know how (Linux
 * 6.9), this process must be allowed to, and their file system may not be stacked on another.
 */
final class PassthroughProbe {

  private static final int THREADS = 2;

  private final KernelFuseTransport transport;

  PassthroughProbe(KernelFuseTransport transport) {
    this.transport = transport;
  }

  /** See {@link KernelFuseTransport#passthroughObstacle}. */
  Optional<String> obstacle(Path directory) {
    try {
      Path file = Files.createTempFile(directory, "passthrough", ".probe");
      Path mountPoint = Files.createTempDirectory("loadstar-probe");
      try {
        return obstacleOf(file, mountPoint);
      } finally {
        Files.delete(file);
        Files.delete(mountPoint);
      }
    } catch (IOException e) {
      return Optional.of(String.valueOf(e.getMessage()));
    }
  }

  private Optional<String> obstacleOf(Path file, Path mountPoint) throws IOException {
    MountSpec spec =
        new MountSpec(mountPoint, "loadstar-probe", THREADS, MountSpec.Passthrough.WHOLE_FILES);
    KernelFuseTransport.Connected connected = transport.connect(new EmptyFileSystem(), spec);
    try (FuseMount _ = connected.mount()) {
      Agreement settled = connected.connection().protocol().agreement();
      if (settled == null || !settled.has(InitFlag.PASSTHROUGH)) {
        return Optional.of("the kernel doesn't know passthrough (Linux 6.9)");
      }
      DeviceRegistry registry = new DeviceRegistry(connected.connection().device());
      int fd = Libc.get().open(file, Libc.O_CLOEXEC);
      try {
        int id = registry.register(fd);
        if (id <= 0) {
          return Optional.of("pass " + file + " through: " + Errno.name(-id));
        }
        registry.unregister(id);
        return Optional.empty();
      } finally {
        Libc.get().close(fd);
      }
    }
  }

  /** A root with nothing in it. */
  private static final class EmptyFileSystem implements ReadOnlyFileSystem {

    private static final int DIRECTORY = 0040555;

    @Override
    public long lookup(long directory, ByteBuffer name) {
      return 0;
    }

    @Override
    public int attributes(long inode, AttributeSink sink) {
      sink.accept(inode, DIRECTORY, 2, 0, 0, 0, 0, 0, 0);
      return 0;
    }

    @Override
    public int readlink(long inode, ByteBuffer destination) {
      return -Errno.EINVAL;
    }

    @Override
    public int getxattr(long inode, ByteBuffer name, ByteBuffer destination) {
      return -Errno.ENODATA;
    }

    @Override
    public int listxattr(long inode, ByteBuffer destination) {
      return 0;
    }

    @Override
    public int readdir(long directory, long cookie, DirectorySink sink) {
      return 0;
    }

    @Override
    public int tryRead(long inode, long offset, ByteBuffer destination) {
      return -Errno.EISDIR;
    }

    @Override
    public void read(long inode, long offset, ByteBuffer destination, ReadCompletion completion) {
      completion.completed(-Errno.EISDIR);
    }

    @Override
    public Totals totals() {
      return new Totals(0, 1);
    }
  }
}
