package io.loadstar.daemon;

import ch.qos.logback.classic.Level;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/**
 * The program {@code loadstar-snapshotter}. Options may be written with one dash, as Go's are: the
 * peer's scripts do that.
 *
 * <p>Exit status: 0 after SIGTERM or SIGINT, 1 if it can't start, 2 for misuse.
 */
@Command(
    name = "loadstar-snapshotter",
    description = "Serves containerd snapshots whose content arrives when it is read.",
    sortOptions = false,
    mixinStandardHelpOptions = true)
public final class Main implements Callable<Integer> {

  private static final Pattern GO_OPTION = Pattern.compile("-[a-z][a-z]");
  private static final Path DEFAULT_CONFIG = Path.of("/etc/loadstar-snapshotter/config.toml");

  @Option(
      names = "--address",
      paramLabel = "SOCKET",
      description = "Unix socket to listen on (default: ${DEFAULT-VALUE}).",
      defaultValue = "/run/loadstar-snapshotter/loadstar-snapshotter.sock")
  private Path address = Path.of("");

  @Option(
      names = "--root",
      paramLabel = "DIR",
      description = "Where snapshots and content are kept (default: ${DEFAULT-VALUE}).",
      defaultValue = "/var/lib/loadstar-snapshotter")
  private Path root = Path.of("");

  @Option(
      names = "--config",
      paramLabel = "FILE",
      description = "Configuration; /etc/loadstar-snapshotter/config.toml is read if it is there.")
  private @Nullable Path config;

  @Option(
      names = "--log-level",
      paramLabel = "LEVEL",
      description = "trace, debug, info, warn or error (default: ${DEFAULT-VALUE}).",
      defaultValue = "info")
  private String logLevel = "info";

  @Option(names = "--debug", description = "Show stack traces of errors.")
  private boolean debug;

  @Spec private CommandSpec spec;

  private Main() {}

  /** Runs the daemon until it is told to stop. */
  public static void main(String[] arguments) {
    CommandLine command = new CommandLine(new Main());
    command.getCommandSpec().version("loadstar-snapshotter " + version());
    command.setParameterExceptionHandler(Main::misuse);
    System.exit(command.execute(doubleDashes(arguments)));
  }

  private static String[] doubleDashes(String[] arguments) {
    return Arrays.stream(arguments)
        .map(argument -> GO_OPTION.matcher(argument).lookingAt() ? "-" + argument : argument)
        .toArray(String[]::new);
  }

  private static String version() {
    String version = Main.class.getPackage().getImplementationVersion();
    return version == null ? "unpackaged" : version;
  }

  private static int misuse(ParameterException e, String[] arguments) {
    System.err.println(
        "loadstar-snapshotter: " + e.getMessage() + " (see loadstar-snapshotter --help)");
    return CommandLine.ExitCode.USAGE;
  }

  @Override
  public Integer call() {
    LogConfiguration.apply(level());
    StopSignal stop = StopSignal.install();
    try (Daemon _ = Wiring.start(new Wiring.Places(address, root), configuration())) {
      stop.await();
      LoggerFactory.getLogger(Main.class).info("stopping");
      return 0;
    } catch (IOException | RuntimeException e) {
      System.err.println("loadstar-snapshotter: " + message(e));
      if (debug) {
        e.printStackTrace();
      }
      return 1;
    }
  }

  private static String message(Exception e) {
    String message = e.getMessage();
    String shown = message == null || !(e instanceof IOException) ? e.toString() : message;
    return shown.lines().findFirst().orElse("unknown error");
  }

  private Level level() {
    return LogConfiguration.level(logLevel)
        .orElseThrow(() ->
            new ParameterException(
                spec.commandLine(),
                "--log-level must be trace, debug, info, warn or error, not " + logLevel));
  }

  /** A file that was named must be there; the usual one need not. */
  private Configuration configuration() throws IOException {
    Path file = config == null ? DEFAULT_CONFIG : config;
    if (!Files.exists(file)) {
      if (config != null) {
        throw new IOException(file + ": no such configuration file");
      }
      return Configuration.defaults();
    }
    Configuration.Read read = Configuration.read(file);
    warn(file, read.unknownKeys());
    return read.configuration();
  }

  private static void warn(Path file, List<String> unknownKeys) {
    Logger log = LoggerFactory.getLogger(Main.class);
    for (String key : unknownKeys) {
      log.atWarn()
          .addKeyValue("file", file)
          .addKeyValue("key", key)
          .log("unknown key in the configuration, ignored");
    }
  }
}
