package io.loadstar.transport.jnr;

import static io.loadstar.linux.Errno.EROFS;

import java.util.ArrayList;
import java.util.List;
import jnr.ffi.BaseStruct;
import jnr.ffi.Memory;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import jnr.ffi.Struct;
import jnr.ffi.annotations.Delegate;
import ru.serce.jnrfuse.struct.FuseOperations;

/**
 * libfuse's {@code struct fuse_operations}, laid out by jnr-fuse and filled with closures.
 * Immutable; lives as long as the process.
 *
 * <p>One table serves all mounts: libfuse calls an operation on the thread that processes the
 * request, and that {@link SessionThread} knows its mount. So a mount costs no closures, and
 * unmounting leaves none behind. The closures take bare addresses instead of jnr-fuse's strings and
 * structs: names stay the bytes that the kernel sent, and a request makes no objects.
 *
 * <p>What isn't here is answered by libfuse itself: ENOSYS to FLUSH, which the kernel then stops
 * asking, and success to RELEASE.
 */
final class OperationTable {

  /** Operations of no arguments that matter. */
  public interface Call0 {
    @Delegate
    int call();
  }

  /** Operations of two arguments. */
  public interface Call2 {
    @Delegate
    int call(long path, long argument);
  }

  /** Operations of three arguments. */
  public interface Call3 {
    @Delegate
    int call(long path, long buffer, long size);
  }

  /** Operations of four arguments. */
  public interface Call4 {
    @Delegate
    int call(long path, long name, long buffer, long size);
  }

  /** Operations of five arguments. */
  public interface Call5 {
    @Delegate
    int call(long path, long buffer, long argument, long offset, long fileInfo);
  }

  private final Runtime runtime = Runtime.getSystemRuntime();
  private final FuseOperations layout = new FuseOperations(runtime);
  private final Pointer memory = Memory.allocateDirect(runtime, Struct.size(layout), true);

  /** A closure lives as long as its Java object is held. */
  private final List<Object> closures = new ArrayList<>();

  OperationTable() {
    put(layout.getattr, Call2.class, (path, stat) -> handler().getattr(path, stat));
    put(layout.open, Call2.class, (path, info) -> handler().open(path, info));
    put(layout.opendir, Call2.class, (path, info) -> handler().opendir(path, info));
    put(layout.statfs, Call2.class, (path, statvfs) -> handler().statfs(statvfs));
    put(layout.readlink, Call3.class, (path, to, size) -> handler().readlink(path, to, size));
    put(layout.listxattr, Call3.class, (path, to, size) -> handler().listxattr(path, to, size));
    put(
        layout.getxattr,
        Call4.class,
        (path, name, to, size) -> handler().getxattr(path, name, to, size));
    put(
        layout.read,
        Call5.class,
        (path, to, size, offset, info) -> handler().read(info, to, size, offset));
    put(
        layout.readdir,
        Call5.class,
        (path, to, filler, offset, info) -> handler().readdir(info, to, filler, offset));
    refuseChanges();
  }

  /** The kernel refuses them itself while the mount is read-only; root may remount it. */
  private void refuseChanges() {
    Call0 refusal = () -> -EROFS;
    for (BaseStruct.Func<?> change :
        List.of(
            layout.mknod,
            layout.mkdir,
            layout.unlink,
            layout.rmdir,
            layout.symlink,
            layout.rename,
            layout.link,
            layout.chmod,
            layout.chown,
            layout.truncate,
            layout.ftruncate,
            layout.utimens,
            layout.create,
            layout.write,
            layout.fallocate,
            layout.setxattr,
            layout.removexattr)) {
      put(change, Call0.class, refusal);
    }
  }

  private <T> void put(BaseStruct.Func<?> operation, Class<T> type, T closure) {
    closures.add(closure);
    memory.putPointer(
        operation.offset(), runtime.getClosureManager().getClosurePointer(type, closure));
  }

  private static RequestHandler handler() {
    return SessionThread.current().handler();
  }

  long address() {
    return memory.address();
  }

  long size() {
    return Struct.size(layout);
  }
}
