package io.loadstar.cli;

import picocli.CommandLine.Option;

/** Which containerd a location {@code containerd:REF} speaks of. */
public final class ContainerdOptions {

  @Option(
      names = {"-a", "--address"},
      paramLabel = "SOCKET",
      defaultValue = "/run/containerd/containerd.sock",
      description = "Where containerd listens, for containerd:REF (${DEFAULT-VALUE}).")
  private String address = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      defaultValue = "default",
      description = "containerd's namespace, for containerd:REF (${DEFAULT-VALUE}).")
  private String namespace = "";

  String address() {
    return address;
  }

  String namespace() {
    return namespace;
  }
}
