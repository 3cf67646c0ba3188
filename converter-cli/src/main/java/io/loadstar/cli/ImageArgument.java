package io.loadstar.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** The image that a command looks into, and how it is reached. */
public final class ImageArgument {

  @Parameters(
      index = "0",
      paramLabel = "IMAGE",
      description =
          "A registry reference, oci:DIR[:TAG], oci-archive:FILE[:TAG], docker-archive:FILE[:REF]"
              + " or containerd:REF.")
  private String image = "";

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      description = "Which of an index's images; the only one, else this machine's.")
  private @Nullable String platform;

  @Mixin private RegistryOptions registry;
  @Mixin private ContainerdOptions containerd;

  String image() {
    return image;
  }

  @Nullable String platform() {
    return platform;
  }

  RegistryOptions registry() {
    return registry;
  }

  ContainerdOptions containerd() {
    return containerd;
  }
}
