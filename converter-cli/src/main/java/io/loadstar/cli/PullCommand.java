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
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;

/** Brings an image into containerd. Described as {@link Loadstar} is, since it has to be quick. */
final class PullCommand implements Callable<Integer> {

  private final Loadstar loadstar;
  private final CommandSpec spec = CommandSpec.wrapWithoutInspection(this);
  private final RegistryOptions registry = new RegistryOptions();
  private final JsonOption json = new JsonOption();
  private String reference = "";
  private String snapshotter = "";
  private String address = "";
  private String namespace = "";
  private String daemon = "";
  private @Nullable String platform;
  private boolean skipContentVerify;
  private boolean complete;

  PullCommand(Loadstar loadstar) {
    this.loadstar = loadstar;
    describe();
  }

  /** Its description. */
  CommandSpec spec() {
    return spec;
  }

  private void describe() {
    spec.name("pull");
    spec.usageMessage()
        .description("Bring an image into containerd, lazily where the snapshotter can.")
        .sortOptions(false)
        .footer(
            "",
            "Examples:",
            "  loadstar pull registry.example.org/team/app:1.2",
            "  loadstar pull --namespace k8s.io registry.example.org/team/app:1.2",
            "  loadstar pull --snapshotter overlayfs localhost:5000/app:1.2",
            "  loadstar pull --complete registry.example.org/team/app:1.2   (then: ctr images export)",
            "",
            "Exit status: 0 done, 1 failed, 2 misuse, 130 interrupted.",
            "Then: ctr run --snapshotter loadstar --rm REF NAME COMMAND");
    spec.addPositional(
        PositionalParamSpec.builder()
            .required(true)
            .type(String.class)
            .paramLabel("REF")
            .setter(Described.word(value -> reference = value))
            .description("The image: [HOST/]REPOSITORY[:TAG][@DIGEST].")
            .build());
    spec.addOption(
        Described.option(String.class, "--snapshotter")
            .paramLabel("NAME")
            .defaultValue("loadstar")
            .setter(Described.word(value -> snapshotter = value))
            .description(
                "Who gets the layers, as containerd's configuration calls it (${DEFAULT-VALUE}).")
            .build());
    spec.addOption(
        Described.option(String.class, "-a", "--address")
            .paramLabel("SOCKET")
            .defaultValue("/run/containerd/containerd.sock")
            .setter(Described.word(value -> address = value))
            .description("Where containerd listens (${DEFAULT-VALUE}).")
            .build());
    spec.addOption(
        Described.option(String.class, "-n", "--namespace")
            .paramLabel("NAME")
            .defaultValue("default")
            .setter(Described.word(value -> namespace = value))
            .description("containerd's namespace (${DEFAULT-VALUE}); Kubernetes' is k8s.io.")
            .build());
    spec.addOption(
        Described.option(String.class, "--daemon")
            .paramLabel("SOCKET")
            .defaultValue(
                "${env:LOADSTAR_DAEMON:-/run/loadstar-snapshotter/loadstar-snapshotter.sock}")
            .setter(Described.word(value -> daemon = value))
            .description(
                "Where loadstar-snapshotter listens (${DEFAULT-VALUE}; LOADSTAR_DAEMON). It does"
                    + " the pull",
                "if it is the snapshotter; otherwise, and with none for SOCKET, this process does.")
            .build());
    spec.addOption(
        Described.option(String.class, "--platform")
            .paramLabel("OS/ARCH")
            .setter(Described.word(value -> platform = value))
            .description("Which of an index's images; this machine's unless said otherwise.")
            .build());
    spec.addOption(
        Described.option(boolean.class, "--skip-content-verify")
            .setter(Described.flag(value -> skipContentVerify = value))
            .description(
                "Also mount layers lazily whose manifest doesn't promise their table of contents,",
                "if the snapshotter's configuration allows it (allow_no_verification).")
            .build());
    spec.addOption(
        Described.option(boolean.class, "--complete")
            .setter(Described.flag(value -> complete = value))
            .description(
                "Bring every layer's blob into containerd's content store as well, so that the"
                    + " image can",
                "be exported, pushed and saved. Containers start lazily all the same.")
            .build());
    registry.addTo(spec);
    json.addTo(spec);
  }

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
