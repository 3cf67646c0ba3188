package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.invoke.MethodHandle;
import java.lang.invoke.VarHandle;

/** The calls that {@link DirectoryHandle} is made of; each takes first where errno goes. */
@SuppressWarnings("restricted")
record DirectoryCalls(
    MethodHandle openat,
    MethodHandle openat2,
    MethodHandle close,
    MethodHandle statx,
    MethodHandle mkdirat,
    MethodHandle mknodat,
    MethodHandle symlinkat,
    MethodHandle linkat,
    MethodHandle renameat,
    MethodHandle fchownat,
    MethodHandle fchmodat,
    MethodHandle lsetxattr,
    MethodHandle utimensat,
    MethodHandle syncfs) {

  static final StructLayout STATE = Linker.Option.captureStateLayout();
  private static final VarHandle ERRNO =
      STATE.varHandle(MemoryLayout.PathElement.groupElement("errno"));

  static DirectoryCalls link() {
    return new DirectoryCalls(
        // open's mode is variadic.
        handle(
            "openat",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
            Linker.Option.firstVariadicArg(3)),
        // glibc 2.36 has no openat2.
        handle(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG),
            Linker.Option.firstVariadicArg(1)),
        handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
        handle(
            "statx",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS)),
        handle("mkdirat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT)),
        handle("mknodat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG)),
        handle("symlinkat", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS)),
        handle(
            "linkat",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT)),
        handle("renameat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS)),
        handle(
            "fchownat",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT)),
        handle("fchmodat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT)),
        handle(
            "lsetxattr",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT)),
        handle("utimensat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT)),
        handle("syncfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT)));
  }

  static MethodHandle handle(String name, FunctionDescriptor descriptor, Linker.Option... options) {
    Linker.Option[] all = new Linker.Option[options.length + 1];
    all[0] = Linker.Option.captureCallState("errno");
    System.arraycopy(options, 0, all, 1, options.length);
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), descriptor, all);
  }

  /**
   * @throws ErrnoException if {@code result} is a failure
   */
  static long checked(long result, MemorySegment state, String attempted) throws ErrnoException {
    if (result < 0) {
      throw new ErrnoException(attempted, (int) ERRNO.get(state, 0L));
    }
    return result;
  }

  /** A handle may throw anything, so the compiler says; it throws nothing but what is here. */
  static ErrnoException failure(Throwable thrown) {
    return switch (thrown) {
      case ErrnoException e -> e;
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      default -> throw new IllegalStateException(thrown);
    };
  }
}
