package groovy.lang;

/**
 * Never used. picocli looks for a class of this name when it starts (CommandLine.DefaultFactory,
 * {@code loadClosureClass}); while there is none, the JVM opens and searches every jar of the class
 * path, which takes longer than all the rest of a help text.
 */
public abstract class Closure {
  private Closure() {}
}
