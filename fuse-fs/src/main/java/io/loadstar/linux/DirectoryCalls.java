package io.loadstar.linux;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.invoke.MethodHandle;

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

  static DirectoryCalls link() {
    return new DirectoryCalls(
        // open's mode is variadic.
        NativeCalls.handle(
            "openat",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT),
            Linker.Option.firstVariadicArg(3)),
        // glibc 2.36 has no openat2.
        NativeCalls.handle(
            "syscall",
            FunctionDescriptor.of(JAVA_LONG, JAVA_LONG, JAVA_INT, ADDRESS, ADDRESS, JAVA_LONG),
            Linker.Option.firstVariadicArg(1)),
        NativeCalls.handle("close", FunctionDescriptor.of(JAVA_INT, JAVA_INT)),
        NativeCalls.handle(
            "statx",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, ADDRESS)),
        NativeCalls.handle("mkdirat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT)),
        NativeCalls.handle(
            "mknodat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_LONG)),
        NativeCalls.handle(
            "symlinkat", FunctionDescriptor.of(JAVA_INT, ADDRESS, JAVA_INT, ADDRESS)),
        NativeCalls.handle(
            "linkat",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS, JAVA_INT)),
        NativeCalls.handle(
            "renameat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, ADDRESS)),
        NativeCalls.handle(
            "fchownat",
            FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT, JAVA_INT)),
        NativeCalls.handle(
            "fchmodat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, JAVA_INT, JAVA_INT)),
        NativeCalls.handle(
            "lsetxattr",
            FunctionDescriptor.of(JAVA_INT, ADDRESS, ADDRESS, ADDRESS, JAVA_LONG, JAVA_INT)),
        NativeCalls.handle(
            "utimensat", FunctionDescriptor.of(JAVA_INT, JAVA_INT, ADDRESS, ADDRESS, JAVA_INT)),
        NativeCalls.handle("syncfs", FunctionDescriptor.of(JAVA_INT, JAVA_INT)));
  }
}
