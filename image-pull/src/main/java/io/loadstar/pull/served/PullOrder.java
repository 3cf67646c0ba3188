package io.loadstar.pull.served;

import io.loadstar.containerd.Namespace;
import io.loadstar.credentials.Credentials.UsernamePassword;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.Platform;
import io.loadstar.pull.Caller;
import io.loadstar.pull.PullRequest;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A pull that somebody else is to do: all that counts for it. Immutable. It has secrets, and its
 * text has none.
 *
 * <p>It is sent over a unix socket as lines of a word and values ({@link Line}), in this order:
 *
 * <pre>
 * loadstar-pull 1                      the version of all this
 * kernel MNT NET USER                  {@link KernelNamespaces}
 * containerd SOCKET NAMESPACE          where to
 * image REF SNAPSHOTTER PROMISE BLOBS [OS/ARCH]
 * registries HOSTSPATH PROTECTION HOME
 * login NAME PASSWORD                  if there is one
 * set NAME VALUE                       each variable
 * end
 * </pre>
 *
 * The first line of the answer is {@code serving}, or {@code not-served WHY}, and that is all then.
 * What comes next is, as it happens and for layers by DIGEST and SIZE,
 *
 * <pre>
 * started DIGEST SIZE                  {@link io.loadstar.pull.PullListener}
 * more DIGEST SIZE BYTES
 * ended DIGEST SIZE
 * ready DIGEST SIZE STATE DOWNLOADED
 * </pre>
 *
 * and at last either {@code layer DIGEST SIZE STATE DOWNLOADED} for each, lowest first, and {@code
 * done TARGET NANOS}; or {@code failed WHY}. Who wants no more of it closes the connection, or his
 * half of it, to hear when nothing is left.
 *
 * @param request what is to be pulled
 * @param target where to
 * @param caller who pulls
 */
public record PullOrder(PullRequest request, Target target, Caller caller) {

  private static final String GREETING = "loadstar-pull";
  private static final String VERSION = "1";

  /** More variables than anybody has. */
  private static final int MAX_VARIABLES = 10_000;

  /** All of them together have a quarter of the stack, 2 MiB, at most (execve(2)). */
  static final long MAX_BYTES = 8L << 20;

  /**
   * Where to.
   *
   * @param containerd its socket
   * @param namespace containerd's
   */
  public record Target(Path containerd, Namespace namespace) {}

  /**
   * One that has come.
   *
   * @param from the namespaces of who sent it
   */
  record Received(PullOrder order, KernelNamespaces from) {}

  /** The lines. */
  List<Line> lines(KernelNamespaces own) {
    List<Line> lines = new ArrayList<>();
    lines.add(Line.of(GREETING, VERSION));
    lines.add(Line.of("kernel", own.mounts(), own.network(), own.users()));
    lines.add(Line.of("containerd", target.containerd(), target.namespace()));
    List<String> image = new ArrayList<>();
    image.add(request.image().toString());
    image.add(request.snapshotter());
    image.add(request.choices().promise().name());
    image.add(request.choices().blobs().name());
    request.platform().ifPresent(platform -> image.add(platform.toString()));
    lines.add(new Line("image", image));
    Caller.Registries registries = caller.registries();
    lines.add(
        Line.of(
            "registries", registries.hostsPath(), registries.protection().name(), caller.home()));
    caller
        .login()
        .ifPresent(login -> lines.add(Line.of("login", login.username(), login.password())));
    caller.environment().forEach((name, value) -> lines.add(Line.of("set", name, value)));
    lines.add(Line.of("end"));
    return lines;
  }

  /**
   * Reads one.
   *
   * @throws MalformedLineException if it isn't one
   */
  static Received read(LineReader in) throws IOException {
    if (!next(in, GREETING).value(0).equals(VERSION)) {
      throw new MalformedLineException("only version " + VERSION + " is known");
    }
    try {
      return fields(in);
    } catch (IllegalArgumentException e) {
      throw new MalformedLineException("a name isn't one that can be");
    }
  }

  private static Received fields(LineReader in) throws IOException {
    Line kernel = next(in, "kernel");
    Line containerd = next(in, "containerd");
    PullRequest request = request(next(in, "image"));
    Line registries = next(in, "registries");
    Line line = next(in);
    Optional<UsernamePassword> login = Optional.empty();
    if (line.word().equals("login")) {
      login = Optional.of(new UsernamePassword(line.value(0), line.value(1)));
      line = next(in);
    }
    Map<String, String> environment = new HashMap<>();
    while (line.word().equals("set") && environment.size() < MAX_VARIABLES) {
      environment.put(line.value(0), line.value(1));
      line = next(in);
    }
    if (!line.word().equals("end")) {
      throw new MalformedLineException("a line isn't the one that should come");
    }
    Caller caller =
        new Caller(
            new Caller.Registries(
                registries.value(0), registries.constant(1, Caller.Protection.class)),
            login,
            environment,
            Path.of(registries.value(2)));
    Target target = new Target(Path.of(containerd.value(0)), new Namespace(containerd.value(1)));
    return new Received(
        new PullOrder(request, target, caller),
        new KernelNamespaces(kernel.value(0), kernel.value(1), kernel.value(2)));
  }

  private static PullRequest request(Line image) throws MalformedLineException {
    return new PullRequest(
        ImageReference.parse(image.value(0)),
        image.values().size() > 4 ? Optional.of(Platform.parse(image.value(4))) : Optional.empty(),
        image.value(1),
        new PullRequest.Choices(
            image.constant(2, PullRequest.Promise.class),
            image.constant(3, PullRequest.Blobs.class)));
  }

  private static Line next(LineReader in, String word) throws IOException {
    Line line = next(in);
    if (!line.word().equals(word)) {
      throw new MalformedLineException("a line isn't the one that should come");
    }
    return line;
  }

  private static Line next(LineReader in) throws IOException {
    return in.read().orElseThrow(() -> new MalformedLineException("it ends too early"));
  }

  @Override
  public String toString() {
    return "PullOrder[" + request.image() + " for " + request.snapshotter() + "]";
  }
}
