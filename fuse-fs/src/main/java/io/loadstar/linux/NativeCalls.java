package io.loadstar.linux;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.SymbolLookup;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** What all calls into libc have in common: how they are linked, and how they fail. Thread-safe. */
@SuppressWarnings("restricted")
final class NativeCalls {

  /** What a call that is linked by {@link #handle} takes first: where its errno goes. */
  static final StructLayout STATE = Linker.Option.captureStateLayout();

  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  private NativeCalls() {}

  /** Links a function of libc that tells its failures by errno. */
  static MethodHandle handle(String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker.Option[] all = new Linker.Option[options.length + 1];
    all[0] = Linker.Option.captureCallState("errno");
    System.arraycopy(options, 0, all, 1, options.length);
    return plain(name, descriptor, all);
  }

  /** Links a function of libc that has no errno. */
  static MethodHandle plain(String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return plain(Linker.nativeLinker().defaultLookup(), name, descriptor, options);
  }

  /**
   * Links a function of another library.
   *
   * @throws java.util.NoSuchElementException if it has no such function
   */
  static MethodHandle plain(
      SymbolLookup library, String name, FunctionDescriptor descriptor, Linker.Option... options) {
    return Linker.nativeLinker().downcallHandle(library.findOrThrow(name), descriptor, options);
  }

  /** Why the last call with this {@link #STATE} failed, if it did. Allocates nothing. */
  static int errno(MemorySegment state) {
    return (int) ERRNO.get(state, 0L);
  }

  /**
   * @throws ErrnoException if {@code result} is a failure
   */
  static long checked(long result, MemorySegment state, String attempted) throws ErrnoException {
    if (result < 0) {
      throw new ErrnoException(attempted, errno(state));
    }
    return result;
  }

  /** A handle may throw anything, so the compiler says; it throws nothing but what is here. */
  static ErrnoException failure(Throwable thrown) {
    return switch (thrown) {
      case ErrnoException e -> e;
      default -> throw unexpected(thrown);
    };
  }

  /** The same for a function that has no failures: thrown here, whatever it is. */
  static IllegalStateException unexpected(Throwable thrown) {
    return switch (thrown) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> new IllegalStateException(thrown);
    };
  }
}
