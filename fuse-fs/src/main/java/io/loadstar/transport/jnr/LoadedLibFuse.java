package io.loadstar.transport.jnr;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;
import jnr.ffi.LibraryLoader;
import jnr.ffi.Pointer;
import jnr.ffi.Runtime;
import org.jspecify.annotations.Nullable;

/** libfuse2 in this process: loaded once, never unloaded. Thread-safe. */
@SuppressWarnings("restricted")
final class LoadedLibFuse {

  private static final String LIBRARY = "libfuse.so.2";
  private static final int RTLD_NOW = 2;

  private static @Nullable LoadedLibFuse loaded;

  private final LibFuse2 calls;
  private final MethodHandle fuseNew;
  private final OperationTable operations;

  private LoadedLibFuse(LibFuse2 calls, MethodHandle fuseNew, OperationTable operations) {
    this.calls = calls;
    this.fuseNew = fuseNew;
    this.operations = operations;
  }

  /**
   * Loads it, if it isn't yet.
   *
   * @throws IOException if it isn't installed
   */
  static synchronized LoadedLibFuse get() throws IOException {
    LoadedLibFuse library = loaded;
    if (library == null) {
      library = load();
      loaded = library;
    }
    return library;
  }

  private static LoadedLibFuse load() throws IOException {
    try {
      LibFuse2 calls = LibraryLoader.create(LibFuse2.class).failImmediately().load(LIBRARY);
      return new LoadedLibFuse(calls, linkFuseNew(), new OperationTable());
    } catch (UnsatisfiedLinkError e) {
      throw new IOException(
          "load "
              + LIBRARY
              + ": "
              + String.valueOf(e.getMessage()).lines().findFirst().orElse("")
              + " (install libfuse2 on Debian 12, libfuse2t64 on Debian 13 or Ubuntu)",
          e);
    }
  }

  /** fuse_new@FUSE_2.6(channel, args, operations, size of operations, user data). */
  private static MethodHandle linkFuseNew() {
    Linker linker = Linker.nativeLinker();
    MethodHandle dlopen =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("dlopen"),
            FunctionDescriptor.of(ADDRESS, ADDRESS, JAVA_INT));
    MethodHandle dlvsym =
        linker.downcallHandle(
            linker.defaultLookup().findOrThrow("dlvsym"),
            FunctionDescriptor.of(ADDRESS, ADDRESS, ADDRESS, ADDRESS));
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment library =
          (MemorySegment) dlopen.invokeExact(arena.allocateFrom(LIBRARY), RTLD_NOW);
      MemorySegment symbol =
          (MemorySegment)
              dlvsym.invokeExact(
                  library, arena.allocateFrom("fuse_new"), arena.allocateFrom("FUSE_2.6"));
      if (symbol.address() == 0) {
        throw new UnsatisfiedLinkError("no fuse_new@FUSE_2.6 in " + LIBRARY);
      }
      return linker.downcallHandle(
          symbol,
          FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG, JAVA_LONG));
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  LibFuse2 calls() {
    return calls;
  }

  /**
   * A fuse handle whose requests are answered by {@link SessionThread}s.
   *
   * @param args the address of a {@code struct fuse_args}
   * @return its address, 0 if it couldn't be made
   */
  long newFuse(Pointer channel, long args) {
    try {
      return (long)
          fuseNew.invokeExact(channel.address(), args, operations.address(), operations.size(), 0L);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new IllegalStateException(e);
    }
  }

  static Pointer pointer(long address) {
    return Pointer.wrap(Runtime.getSystemRuntime(), address);
  }
}
