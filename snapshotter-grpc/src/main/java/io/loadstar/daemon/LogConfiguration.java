package io.loadstar.daemon;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.LoggerContext;
import ch.qos.logback.classic.spi.Configurator;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.ConsoleAppender;
import ch.qos.logback.core.spi.ContextAwareBase;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/**
 * Sets up logging without any file: parsing XML would cost a good part of the start. Found by
 * logback through META-INF/services. Writes JSON lines to stderr.
 */
public final class LogConfiguration extends ContextAwareBase implements Configurator {

  /** By the peer's names, which its scripts pass. */
  private static final Map<String, Level> LEVELS =
      Map.of(
          "trace", Level.TRACE,
          "debug", Level.DEBUG,
          "info", Level.INFO,
          "warn", Level.WARN,
          "warning", Level.WARN,
          "error", Level.ERROR,
          "fatal", Level.ERROR,
          "panic", Level.ERROR);

  /** Other people's, which have little to say that is for our readers. */
  private static final Map<String, Level> QUIET =
      Map.of(
          // Warns of an option that unix sockets don't have, at each connection.
          "io.netty.bootstrap", Level.ERROR,
          "io.netty", Level.WARN,
          "io.grpc", Level.WARN,
          "okhttp3", Level.WARN,
          "org.sqlite", Level.WARN,
          "jnr", Level.WARN);

  /** The level that {@code --log-level} names, if it names one. */
  static Optional<Level> level(String name) {
    return Optional.ofNullable(LEVELS.get(name.toLowerCase(Locale.ROOT)));
  }

  /** Has logging begin, or go on, at {@code level}. */
  static void apply(Level level) {
    LoggerContext context = (LoggerContext) org.slf4j.LoggerFactory.getILoggerFactory();
    configure(context, level);
  }

  @Override
  public ExecutionStatus configure(LoggerContext context) {
    configure(context, Level.INFO);
    return ExecutionStatus.DO_NOT_INVOKE_NEXT_IF_ANY;
  }

  private static void configure(LoggerContext context, Level level) {
    JsonLines lines = new JsonLines();
    lines.setContext(context);
    lines.start();
    ConsoleAppender<ILoggingEvent> stderr = new ConsoleAppender<>();
    stderr.setContext(context);
    stderr.setTarget("System.err");
    stderr.setEncoder(lines);
    stderr.start();
    Logger root = context.getLogger(org.slf4j.Logger.ROOT_LOGGER_NAME);
    root.detachAndStopAllAppenders();
    root.addAppender(stderr);
    root.setLevel(level);
    QUIET.forEach((name, least) -> context.getLogger(name).setLevel(least));
  }
}
