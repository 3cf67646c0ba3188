package io.loadstar.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.logging.Level;
import java.util.logging.LogManager;

/**
 * Where log lines of the libraries go: warnings, or with {@code --debug} the project's own steps
 * too, to standard error.
 *
 * <p>A process that logs nothing doesn't set logging up: that looks into every jar for somebody who
 * wants to do it (JDK-8301627), which takes longer than to send a pull to the daemon. So {@code
 * java.util.logging} is told who configures it, and makes an instance of this class when it is
 * first used.
 */
public final class Logging {

  private static final String CONFIGURED_BY = "java.util.logging.config.class";

  /** A level's name: help needs no levels. */
  private static volatile String level = "WARNING";

  /** Made by {@code java.util.logging}, which calls nothing else of it. */
  public Logging() {
    apply();
  }

  /** Has this process's logging set up at its first use. To be called before that. */
  static void setUpWhenUsed() {
    System.setProperty(CONFIGURED_BY, Logging.class.getName());
  }

  /** Applies to the whole process. */
  static void configure(Level own) {
    boolean same = own.getName().equals(level);
    level = own.getName();
    boolean whenUsed = Logging.class.getName().equals(System.getProperty(CONFIGURED_BY));
    if (!whenUsed || !same) {
      apply();
    }
  }

  private static void apply() {
    String configuration =
        """
        handlers = java.util.logging.ConsoleHandler
        java.util.logging.ConsoleHandler.level = ALL
        java.util.logging.ConsoleHandler.formatter = java.util.logging.SimpleFormatter
        java.util.logging.SimpleFormatter.format = %%4$s %%3$s: %%5$s%%6$s%%n
        .level = SEVERE
        io.loadstar.level = %s
        """
            .formatted(level);
    try {
      LogManager.getLogManager()
          .readConfiguration(
              new ByteArrayInputStream(configuration.getBytes(StandardCharsets.UTF_8)));
    } catch (IOException e) {
      throw new UncheckedIOException(e); // no: the bytes are in memory
    }
  }
}
