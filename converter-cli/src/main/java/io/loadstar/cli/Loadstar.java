package io.loadstar.cli;

import io.loadstar.pull.ErrorLine;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.ExecutionException;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.RunLast;
import picocli.CommandLine.ScopeType;
import picocli.CommandLine.UnmatchedArgumentException;

/**
 * The command {@code loadstar}. Exit status: 0 done, 1 failed (one line on standard error), 2
 * misuse, 130 interrupted.
 */
public final class Loadstar implements Runnable {

  /** Columns of help that isn't read on a terminal; there it has the terminal's. */
  private static final int HELP_WIDTH = 100;

  private static final int FAILED = 1;
  private static final int MISUSE = 2;

  private final PrintWriter out;
  private final PrintWriter err;
  private @Nullable Output output;

  private final CommandSpec spec = CommandSpec.wrapWithoutInspection(this);
  private boolean debug;
  private boolean quiet;

  private Loadstar(PrintWriter out, PrintWriter err) {
    this.out = out;
    this.err = err;
    describe();
  }

  /**
   * By the parser's interface, as {@link PullCommand} does: it takes 100 ms to read annotations in
   * a JVM that has just begun, which is half of what a pull by the daemon takes on this side.
   */
  private void describe() {
    spec.name("loadstar").versionProvider(new VersionText());
    spec.usageMessage()
        .description("Starts containers before their images have arrived.")
        .synopsisSubcommandLabel("COMMAND")
        .sortOptions(false)
        .footer(
            "",
            "Examples:",
            "  loadstar convert registry.example.org/team/app:1.2 registry.example.org/team/app:1.2-lazy",
            "  loadstar pull registry.example.org/team/app:1.2-lazy",
            "  loadstar why registry.example.org/team/app:1.2-lazy",
            "  loadstar completion bash > /etc/bash_completion.d/loadstar",
            "",
            "'loadstar COMMAND --help' has more. Exit status: 0 done, 1 failed, 2 misuse, 130"
                + " interrupted.");
    spec.addOption(
        Described.option(boolean.class, "-h", "--help")
            .usageHelp(true)
            .scopeType(ScopeType.INHERIT)
            .description("Show this help.")
            .build());
    spec.addOption(
        Described.option(boolean.class, "-V", "--version")
            .versionHelp(true)
            .description("Show the version.")
            .build());
    spec.addOption(
        Described.option(boolean.class, "--debug")
            .setter(Described.flag(value -> debug = value))
            .scopeType(ScopeType.INHERIT)
            .description("Log each step, and print a stack trace with an error.")
            .build());
    spec.addOption(
        Described.option(boolean.class, "-q", "--quiet")
            .setter(Described.flag(value -> quiet = value))
            .scopeType(ScopeType.INHERIT)
            .description("Print results and errors only.")
            .build());
  }

  /**
   * The process: ends with the command's exit status.
   *
   * <p>By {@code halt}, since {@code System.exit} first asks every jar for a logger that might want
   * to hear of it (JDK-8301627), which takes longer than a help text. There are no shutdown hooks
   * to be skipped: a command tidies up before it returns, and {@link CommandThread} takes its own
   * back.
   */
  public static void main(String[] args) {
    Logging.setUpWhenUsed();
    int status =
        run(
            new PrintWriter(System.out, false, StandardCharsets.UTF_8),
            new PrintWriter(System.err, false, StandardCharsets.UTF_8),
            args);
    Runtime.getRuntime().halt(status);
  }

  /**
   * Runs one command line.
   *
   * @return the exit status
   */
  static int run(PrintWriter out, PrintWriter err, String... args) {
    Loadstar loadstar = new Loadstar(out, err);
    CommandLine line = new CommandLine(loadstar.spec);
    Commands.add(line, loadstar, args);
    int status =
        line.setOut(out)
            .setErr(err)
            .setCaseInsensitiveEnumValuesAllowed(true)
            .setUsageHelpWidth(HELP_WIDTH)
            .setUsageHelpAutoWidth(true)
            .setExecutionStrategy(loadstar::execute)
            .setExecutionExceptionHandler((error, _, _) -> loadstar.failed(error))
            .setParameterExceptionHandler((error, _) -> loadstar.misused(error))
            .execute(args);
    out.flush();
    err.flush();
    return status;
  }

  /** Where commands speak. Only there while one runs. */
  public Output output() {
    if (output == null) {
      throw new IllegalStateException("no command is running");
    }
    return output;
  }

  /** Whether each step is to be told: what is told of one is told by the process that does it. */
  boolean debugging() {
    return debug;
  }

  /** {@code loadstar} alone is misuse. */
  @Override
  public void run() {
    throw new ParameterException(spec.commandLine(), "no command given");
  }

  private int execute(ParseResult parsed) {
    Integer helped = CommandLine.executeHelpRequest(parsed);
    if (helped != null) {
      return helped;
    }
    Logging.configure(debug ? Level.FINE : Level.WARNING);
    output = new Output(out, new Progress(err, progressStyle()));
    try {
      return CommandThread.run(() -> new RunLast().execute(parsed), err);
    } catch (ParameterException | ExecutionException e) {
      throw e;
    } catch (Exception e) {
      throw new ExecutionException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
  }

  private Progress.Style progressStyle() {
    if (quiet) {
      return Progress.Style.SILENT;
    }
    boolean plain = System.getenv("NO_COLOR") != null || !Terminal.atStandardError();
    return plain ? Progress.Style.LINES : Progress.Style.TERMINAL;
  }

  private int failed(Exception error) {
    err.println("loadstar: " + ErrorLine.of(error));
    if (debug) {
      error.printStackTrace(err);
    }
    return FAILED;
  }

  private static String misuse(ParameterException error) {
    if (error instanceof UnmatchedArgumentException unmatched) {
      String word = unmatched.getUnmatched().getFirst();
      String meant =
          unmatched.getSuggestions().stream()
              .findFirst()
              .map(suggestion -> " (did you mean '" + suggestion + "'?)")
              .orElse("");
      return (unmatched.isUnknownOption() ? "unknown option '" : "nothing is known of '")
          + word
          + "'"
          + meant;
    }
    return String.valueOf(error.getMessage()).lines().findFirst().orElse("misuse");
  }

  private int misused(ParameterException error) {
    String command = error.getCommandLine().getCommandSpec().qualifiedName();
    err.println("loadstar: " + misuse(error) + "; see '" + command + " --help'");
    if (debug) {
      error.printStackTrace(err);
    }
    return MISUSE;
  }
}
