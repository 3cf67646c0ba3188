package io.loadstar.pull.served;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Which files, which network and which users a process has: two with the same ones find the same
 * under the same names. Immutable. Source: namespaces(7), "The /proc/pid/ns/ directory".
 *
 * @param mounts of files
 * @param network of addresses
 * @param users of owners
 */
record KernelNamespaces(String mounts, String network, String users) {

  private static final Path OWN = Path.of("/proc/self/ns");

  /**
   * This process's.
   *
   * @throws IOException if the kernel doesn't say
   */
  static KernelNamespaces ofProcess() throws IOException {
    return new KernelNamespaces(of("mnt"), of("net"), of("user"));
  }

  private static String of(String kind) throws IOException {
    return Files.readSymbolicLink(OWN.resolve(kind)).toString();
  }
}
