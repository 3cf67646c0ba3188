package io.loadstar.cli;

import java.util.logging.ConsoleHandler;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.Logger;
import java.util.logging.SimpleFormatter;

/**
 * Where log lines of the libraries go: warnings, or with {@code --debug} the project's own steps
 * too, to standard error. Set up in code, since reading a configuration costs start-up.
 */
final class Logging {

  private static final String FORMAT_PROPERTY = "java.util.logging.SimpleFormatter.format";

  private Logging() {}

  /** Applies to the whole process. */
  static void configure(Level level) {
    System.setProperty(FORMAT_PROPERTY, "%4$s %3$s: %5$s%6$s%n");
    LogManager.getLogManager().reset();
    Handler handler = new ConsoleHandler();
    handler.setFormatter(new SimpleFormatter());
    handler.setLevel(Level.ALL);
    Logger root = Logger.getLogger("");
    root.addHandler(handler);
    root.setLevel(Level.SEVERE);
    OWN.setLevel(level);
  }

  /** Held here: the log manager itself keeps loggers weakly and would forget the level. */
  private static final Logger OWN = Logger.getLogger("io.loadstar");
}
