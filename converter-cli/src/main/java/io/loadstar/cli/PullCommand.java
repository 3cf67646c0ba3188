package io.loadstar.cli;

import io.loadstar.containerd.Namespace;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.Platform;
import io.loadstar.pull.PullReport;
import io.loadstar.pull.PullRequest;
import io.loadstar.pull.served.PullOrder;
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

/** Brings an image into containerd. */
@Command(
    name = "pull",
    description = "Bring an image into containerd, lazily where the snapshotter can.",
    sortOptions = false,
    footer = {
      "",
      "Examples:",
      "  loadstar pull registry.example.org/team/app:1.2",
      "  loadstar pull --namespace k8s.io registry.example.org/team/app:1.2",
      "  loadstar pull --snapshotter overlayfs localhost:5000/app:1.2",
      "  loadstar pull --complete registry.example.org/team/app:1.2   (then: ctr images export)",
      "",
      "Exit status: 0 done, 1 failed, 2 misuse, 130 interrupted.",
      "Then: ctr run --snapshotter loadstar --rm REF NAME COMMAND"
    })
final class PullCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;

  @Parameters(paramLabel = "REF", description = "The image: [HOST/]REPOSITORY[:TAG][@DIGEST].")
  private String reference;

  @Option(
      names = "--snapshotter",
      paramLabel = "NAME",
      defaultValue = "loadstar",
      description =
          "Who gets the layers, as containerd's configuration calls it (${DEFAULT-VALUE}).")
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
      names = "--daemon",
      paramLabel = "SOCKET",
      defaultValue = "${env:LOADSTAR_DAEMON:-/run/loadstar-snapshotter/loadstar-snapshotter.sock}",
      description = {
        "Where loadstar-snapshotter listens (${DEFAULT-VALUE}; LOADSTAR_DAEMON). It does the pull",
        "if it is the snapshotter; otherwise, and with none for SOCKET, this process does."
      })
  private String daemon = "";

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      description = "Which of an index's images; this machine's unless said otherwise.")
  private @Nullable String platform;

  @Option(
      names = "--skip-content-verify",
      description = {
        "Also mount layers lazily whose manifest doesn't promise their table of contents,",
        "if the snapshotter's configuration allows it (allow_no_verification)."
      })
  private boolean skipContentVerify;

  @Option(
      names = "--complete",
      description = {
        "Bring every layer's blob into containerd's content store as well, so that the image can",
        "be exported, pushed and saved. Containers start lazily all the same."
      })
  private boolean complete;

  @Mixin private RegistryOptions registry;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws Exception {
    PullRequest request;
    Namespace target;
    try {
      request =
          new PullRequest(
              ImageReference.parse(reference),
              Optional.ofNullable(platform).map(Platform::parse),
              snapshotter,
              new PullRequest.Choices(
                  skipContentVerify
                      ? PullRequest.Promise.NOT_REQUIRED
                      : PullRequest.Promise.REQUIRED,
                  complete ? PullRequest.Blobs.ALL : PullRequest.Blobs.NEEDED));
      target = new Namespace(namespace);
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    PullOrder.Target to = new PullOrder.Target(Path.of(address).toAbsolutePath(), target);
    PullSteps steps = new PullSteps(request, loadstar.output().progress());
    PullReport report =
        new PullRun(request, to, RegistryConnection.caller(registry), steps).run(by());
    PullText text = new PullText(request, report);
    if (json.requested()) {
      loadstar.output().json(text.document());
    } else {
      loadstar.output().text(text.summary());
    }
    return 0;
  }

  /** Steps that are to be logged are those of this process. */
  private PullRun.By by() {
    return daemon.equals("none") || loadstar.debugging()
        ? new PullRun.By.Itself()
        : new PullRun.By.Daemon(Path.of(daemon).toAbsolutePath());
  }
}
