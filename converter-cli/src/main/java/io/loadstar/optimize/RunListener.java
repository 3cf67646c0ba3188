package io.loadstar.optimize;

/** Is told how a recording gets on, by one thread. */
public interface RunListener {

  /** The workload runs. */
  void started();

  /** It wrote a line, to its standard output or error. */
  void output(String line);
}
