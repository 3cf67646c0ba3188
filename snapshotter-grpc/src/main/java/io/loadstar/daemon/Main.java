package io.loadstar.daemon;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.LoggerFactory;
import picocli.CommandLine;

/**
 * The program {@code loadstar-snapshotter}.
 *
 * <p>Exit status: 0 after SIGTERM or SIGINT, 1 if it can't start or do what it is told, 2 for
 * misuse.
 */
public final class Main {

  /** Where the configuration is unless it is said to be elsewhere; it need not be there. */
  static final Path DEFAULT_CONFIG = Path.of("/etc/loadstar-snapshotter/config.toml");

  private Main() {}

  /** Runs the daemon until it is told to stop. */
  public static void main(String[] arguments) {
    System.exit(run(arguments));
  }

  private static int run(String[] arguments) {
    Arguments read;
    try {
      read = Arguments.read(arguments);
    } catch (CommandLine.ParameterException e) {
      System.err.println(
          Arguments.PROGRAM + ": " + e.getMessage() + " (see " + Arguments.PROGRAM + " --help)");
      return CommandLine.ExitCode.USAGE;
    }
    return switch (read) {
      case Arguments.Show(String text) -> {
        System.out.print(text);
        System.out.flush();
        yield CommandLine.ExitCode.OK;
      }
      case Arguments.Serve serve -> serve(serve);
      case Arguments.Configure configure -> configure(configure);
      case Arguments.Abort(Path root, String target) -> abort(new ConnectionAbort(root), target);
    };
  }

  private static int abort(ConnectionAbort abort, String target) {
    try {
      System.out.println(abort.of(target));
      return CommandLine.ExitCode.OK;
    } catch (IOException e) {
      System.err.println(Arguments.PROGRAM + ": " + message(e));
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  private static int configure(Arguments.Configure wanted) {
    try {
      ConfigCommand.Outcome outcome = ConfigCommand.run(wanted.action(), wanted.file());
      System.out.print(outcome.out());
      System.out.flush();
      outcome.notes().forEach(note -> System.err.println(Arguments.PROGRAM + ": " + note));
      return CommandLine.ExitCode.OK;
    } catch (IOException e) {
      System.err.println(Arguments.PROGRAM + ": " + message(e));
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  private static int serve(Arguments.Serve wanted) {
    LogConfiguration.apply(wanted.level());
    Signals signals = Signals.install();
    try (Daemon daemon = Wiring.start(wanted.places(), configuration(wanted.config()))) {
      while (signals.next() == Signals.Wish.RELOAD) {
        daemon.reload(() -> configuration(wanted.config()));
      }
      LoggerFactory.getLogger(Main.class).info("stopping");
      return CommandLine.ExitCode.OK;
    } catch (IOException | RuntimeException e) {
      System.err.println(Arguments.PROGRAM + ": " + message(e));
      if (wanted.traces() == Arguments.Traces.SHOWN) {
        e.printStackTrace();
      }
      return CommandLine.ExitCode.SOFTWARE;
    }
  }

  private static String message(Exception e) {
    String message = e.getMessage();
    String shown = message == null || !(e instanceof IOException) ? e.toString() : message;
    return shown.lines().findFirst().orElse("unknown error");
  }

  /** A file that was named must be there; the usual one need not. */
  private static Configuration configuration(@Nullable Path named) throws IOException {
    Path file = named == null ? DEFAULT_CONFIG : named;
    if (!Files.exists(file)) {
      if (named != null) {
        throw new IOException(file + ": no such configuration file");
      }
      return Configuration.defaults();
    }
    Configuration.Read read = Configuration.read(file);
    warn(file, read.ineffective());
    return read.configuration();
  }

  private static void warn(Path file, List<String> ineffective) {
    if (!ineffective.isEmpty()) {
      LoggerFactory.getLogger(Main.class)
          .atWarn()
          .addKeyValue("file", file)
          .addKeyValue("keys", String.join(", ", ineffective))
          .log("keys of stargz-snapshotter that have no effect here");
    }
  }
}
