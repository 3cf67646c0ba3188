package io.loadstar.cli;

import io.loadstar.containerd.ContainerInfo;
import io.loadstar.containerd.ContainerdClient;
import io.loadstar.containerd.ContainerdException;
import io.loadstar.containerd.Namespace;
import io.loadstar.node.ContainerdImages;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.Platform;
import io.loadstar.pull.PullException;
import io.loadstar.pull.PullRequest;
import io.loadstar.pull.Standing;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Says of each layer of an image or a container whether it is lazy, and why not. */
@Command(
    name = "why",
    description = "Say of each layer whether it is lazy, and why not.",
    sortOptions = false,
    footer = {
      "",
      "Layers come lowest first. lazy: its files come when they are read. unpacked: the",
      "snapshotter fetched it whole, so that those above stay lazy. ordinary: it was downloaded",
      "and unpacked by whoever pulled the image. absent: there is no snapshot of it.",
      "",
      "Examples:",
      "  loadstar why registry.example.org/team/app:1.2",
      "  loadstar why --namespace k8s.io 3f2a9c1b7d60",
      "  loadstar why --json registry.example.org/team/app:1.2",
      "",
      "Exit status: 0 answered, 1 failed, 2 misuse, 130 interrupted."
    })
final class WhyCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;

  @Parameters(
      paramLabel = "REF|CONTAINER",
      description = "An image that containerd has, or a container's id.")
  private String subject;

  @Option(
      names = "--snapshotter",
      paramLabel = "NAME",
      defaultValue = "loadstar",
      description =
          "Whose layers of an image, as containerd's configuration calls it"
              + " (${DEFAULT-VALUE}). A container knows its own.")
  private String snapshotter = "";

  @Option(
      names = {"-a", "--address"},
      paramLabel = "SOCKET",
      defaultValue = "/run/containerd/containerd.sock",
      description = "Where containerd listens (${DEFAULT-VALUE}).")
  private String address = "";

  @Option(
      names = {"-n", "--namespace"},
      paramLabel = "NAME",
      defaultValue = "default",
      description = "containerd's namespace (${DEFAULT-VALUE}); Kubernetes' is k8s.io.")
  private String namespace = "";

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      description = "Which of an index's images; this machine's unless said otherwise.")
  private @Nullable String platform;

  @Mixin private JsonOption json;

  @Override
  public Integer call() throws Exception {
    Namespace target;
    Optional<Platform> wanted;
    try {
      target = new Namespace(namespace);
      wanted = Optional.ofNullable(platform).map(Platform::parse);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    WhyText text;
    try (ContainerdClient containerd = ContainerdClient.connect(Path.of(address), target)) {
      text = new WhyText(subject, answer(containerd, target, wanted));
    }
    if (json.requested()) {
      loadstar.output().json(text.document());
    } else {
      loadstar.output().text(text.table());
    }
    return 0;
  }

  private Standing answer(ContainerdClient containerd, Namespace target, Optional<Platform> wanted)
      throws IOException, ContainerdException, PullException {
    Optional<ContainerInfo> container = container(containerd);
    if (container.isPresent()) {
      return Standing.ofContainer(container.get(), containerd.services());
    }
    ImageReference image;
    try {
      image = ImageReference.parse(subject);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    try (ContainerdImages images = new ContainerdImages(Path.of(address), target);
        ImageSource source = images.source(image)) {
      return Standing.ofImage(
          new PullRequest(image, wanted, snapshotter), source, containerd.services());
    }
  }

  /** containerd refuses what can't be an id, such as most references. */
  private Optional<ContainerInfo> container(ContainerdClient containerd)
      throws ContainerdException {
    try {
      return containerd.services().containers().get(subject);
    } catch (ContainerdException e) {
      if (e.code() == ContainerdException.Code.INVALID) {
        return Optional.empty();
      }
      throw e;
    }
  }
}
