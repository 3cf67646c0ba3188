package io.loadstar.daemon;

import ch.qos.logback.classic.Level;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Locale;
import java.util.Objects;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;

/**
 * What the command line asks for. Immutable.
 *
 * <p>Options may be written with one dash, as Go's are: the peer's scripts do that. They are
 * described by calls and not by annotations, which would cost 80 ms of each start.
 */
sealed interface Arguments {

  String PROGRAM = "loadstar-snapshotter";

  /** Whether errors are shown with their stack traces. */
  enum Traces {
    SHOWN,
    HIDDEN
  }

  /**
   * To be shown, and that is all.
   *
   * @param text for stdout
   */
  record Show(String text) implements Arguments {}

  /**
   * To run the daemon.
   *
   * @param places where it is to be found
   * @param config the configuration file; null for the usual one
   * @param level what is logged
   * @param traces how errors at start are shown
   */
  record Serve(Wiring.Places places, @Nullable Path config, Level level, Traces traces)
      implements Arguments {}

  /**
   * To look at a configuration file.
   *
   * @param action what for
   * @param file which one; null for the usual one
   */
  record Configure(ConfigCommand.Action action, @Nullable Path file) implements Arguments {}

  /**
   * To end a mount's connection to the kernel.
   *
   * @param root where the daemon keeps its snapshots
   * @param target a mount point, or a snapshot's number
   */
  record Abort(Path root, String target) implements Arguments {}

  /**
   * Reads a command line.
   *
   * @throws ParameterException if it can't be followed
   */
  static Arguments read(String[] arguments) {
    CommandLine command = new CommandLine(Options.spec());
    ParseResult result = command.parseArgs(Options.doubleDashes(arguments));
    for (CommandLine asked : result.asCommandLineList()) {
      if (asked.isUsageHelpRequested()) {
        return new Show(asked.getUsageMessage());
      }
    }
    if (command.isVersionHelpRequested()) {
      return new Show(PROGRAM + " " + Options.version() + System.lineSeparator());
    }
    if (result.hasSubcommand()) {
      return Options.subcommand(result);
    }
    String level = Options.text(result, "--log-level");
    return new Serve(
        new Wiring.Places(
            Path.of(Options.text(result, "--address")),
            Path.of(Options.text(result, "--root")),
            result.hasMatchedOption("--unmount-on-stop")
                ? Wiring.Mounts.ENDED
                : Wiring.Mounts.LEFT),
        result.matchedOptionValue("--config", (Path) null),
        LogConfiguration.level(level)
            .orElseThrow(() ->
                new ParameterException(
                    command,
                    "--log-level must be trace, debug, info, warn or error, not " + level)),
        result.hasMatchedOption("--debug") ? Traces.SHOWN : Traces.HIDDEN);
  }

  /** The options' description. */
  final class Options {

    private static final String ABORT = "abort";
    private static final Pattern GO_OPTION = Pattern.compile("-[a-z][a-z]");

    private Options() {}

    private static CommandSpec spec() {
      CommandSpec spec = CommandSpec.create().name(PROGRAM);
      spec.usageMessage()
          .description("Serves containerd snapshots whose content arrives when it is read.")
          .sortOptions(false);
      return spec.addSubcommand("config", config())
          .addSubcommand(ABORT, abort())
          .addOption(
              value("--address", "SOCKET", "Unix socket to listen on (default: ${DEFAULT-VALUE}).")
                  .defaultValue("/run/loadstar-snapshotter/loadstar-snapshotter.sock")
                  .build())
          .addOption(root())
          .addOption(
              value(
                      "--config",
                      "FILE",
                      "Configuration; /etc/loadstar-snapshotter/config.toml is read if it is there.")
                  .type(Path.class)
                  .build())
          .addOption(
              value(
                      "--log-level",
                      "LEVEL",
                      "trace, debug, info, warn or error (default: ${DEFAULT-VALUE}).")
                  .defaultValue("info")
                  .build())
          .addOption(
              flag(
                      "Unmount all layers when told to stop; otherwise the next start mounts them"
                          + " anew.",
                      "--unmount-on-stop")
                  .build())
          .addOption(flag("Show stack traces of errors.", "--debug").build())
          .addOption(
              flag("Show the version and exit.", "-V", "--version").versionHelp(true).build())
          .addOption(flag("Show this and exit.", "-h", "--help").usageHelp(true).build());
    }

    private static CommandSpec config() {
      CommandSpec spec =
          CommandSpec.create()
              .addOption(flag("Show this and exit.", "-h", "--help").usageHelp(true).build());
      spec.usageMessage().description("Checks, shows or migrates configuration files.");
      for (ConfigCommand.Action action : ConfigCommand.Action.values()) {
        spec.addSubcommand(name(action), action(action));
      }
      return spec;
    }

    private static CommandSpec action(ConfigCommand.Action action) {
      CommandSpec spec =
          CommandSpec.create()
              .addPositional(
                  PositionalParamSpec.builder()
                      .paramLabel("FILE")
                      .type(Path.class)
                      .arity("0..1")
                      .description(
                          switch (action) {
                            case CHECK, DUMP -> "The file (default: " + Main.DEFAULT_CONFIG + ").";
                            case MIGRATE ->
                                "The file (default: " + ConfigCommand.PEER_CONFIG + ").";
                          })
                      .build())
              .addOption(flag("Show this and exit.", "-h", "--help").usageHelp(true).build());
      spec.usageMessage()
          .description(
              switch (action) {
                case CHECK ->
                    "Says whether the daemon would start with a file; if not, why and on which line.";
                case DUMP -> "Writes a file with all keys, explained, and the values that hold.";
                case MIGRATE ->
                    "Writes what a stargz-snapshotter's file comes to here; says what is dropped.";
              });
      return spec;
    }

    private static String name(ConfigCommand.Action action) {
      return action.name().toLowerCase(Locale.ROOT);
    }

    private static Arguments subcommand(ParseResult whole) {
      ParseResult sub = whole.subcommand();
      return sub.commandSpec().name().equals(ABORT) ? abort(whole, sub) : configure(sub);
    }

    private static Arguments abort(ParseResult whole, ParseResult abort) {
      boolean inFront = whole.hasMatchedOption("--root") && !abort.hasMatchedOption("--root");
      return new Abort(
          Path.of(text(inFront ? whole : abort, "--root")),
          Objects.requireNonNull(abort.matchedPositionalValue(0, (String) null)));
    }

    private static Arguments configure(ParseResult config) {
      if (!config.hasSubcommand()) {
        throw new ParameterException(
            config.commandSpec().commandLine(), "config wants one of check, dump and migrate");
      }
      ParseResult action = config.subcommand();
      return new Configure(
          ConfigCommand.Action.valueOf(action.commandSpec().name().toUpperCase(Locale.ROOT)),
          action.matchedPositionalValue(0, (Path) null));
    }

    private static CommandSpec abort() {
      CommandSpec spec = CommandSpec.create();
      spec.usageMessage()
          .description(
              "Ends a layer's connection to the kernel: whoever waits for a file of it, and can't"
                  + " be killed, gets an error. The way out if a mount hangs; needs root. The"
                  + " daemon mounts the layer again when the next container asks for it.")
          .sortOptions(false);
      return spec.addPositional(
              PositionalParamSpec.builder()
                  .index("0")
                  .arity("1")
                  .required(true)
                  .type(String.class)
                  .paramLabel("MOUNTPOINT|SNAPSHOT")
                  .description(
                      "What is mounted: a path as /proc/self/mountinfo shows it, or the number of"
                          + " a snapshot, as its directory is called.")
                  .build())
          .addOption(root())
          .addOption(flag("Show this and exit.", "-h", "--help").usageHelp(true).build());
    }

    private static OptionSpec root() {
      return value(
              "--root", "DIR", "Where snapshots and content are kept (default: ${DEFAULT-VALUE}).")
          .defaultValue("/var/lib/loadstar-snapshotter")
          .build();
    }

    private static OptionSpec.Builder value(String name, String label, String description) {
      return OptionSpec.builder(name).type(String.class).paramLabel(label).description(description);
    }

    private static OptionSpec.Builder flag(String description, String... names) {
      return OptionSpec.builder(names).type(boolean.class).arity("0").description(description);
    }

    private static String[] doubleDashes(String[] arguments) {
      return Arrays.stream(arguments)
          .map(argument -> GO_OPTION.matcher(argument).lookingAt() ? "-" + argument : argument)
          .toArray(String[]::new);
    }

    private static String text(ParseResult result, String option) {
      return Objects.requireNonNull(result.commandSpec().findOption(option).getValue(), option);
    }

    private static String version() {
      String version = Main.class.getPackage().getImplementationVersion();
      return version == null ? "unpackaged" : version;
    }
  }
}
