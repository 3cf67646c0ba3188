package io.loadstar.rig;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** The processes of this machine, as {@code /proc} has them. */
public final class ProcessTable {

  private ProcessTable() {}

  /**
   * Processes whose command line names {@code directory} or something in it, without this one and
   * without zombies: where process 1 reaps late, an ended process stays one for a while.
   */
  public static List<ProcessHandle> naming(Path directory) {
    return ProcessHandle.allProcesses()
        .filter(process -> process.pid() != ProcessHandle.current().pid())
        .filter(process -> names(process, directory))
        .filter(process -> state(process.pid()) != 'Z')
        .toList();
  }

  /**
   * The kernel's letter for what a process does: R, S, D (sleeps and can't be woken), Z, …
   * (proc(5)).
   *
   * @return {@code X}, dead, if there is no such process
   */
  public static char state(long pid) {
    try {
      String stat = Files.readString(Path.of("/proc", Long.toString(pid), "stat"));
      return stat.charAt(stat.lastIndexOf(')') + 2);
    } catch (IOException | StringIndexOutOfBoundsException e) {
      return 'X';
    }
  }

  private static boolean names(ProcessHandle process, Path directory) {
    Path file = Path.of("/proc", Long.toString(process.pid()), "cmdline");
    try {
      byte[] words = Files.readAllBytes(file);
      return new String(words, StandardCharsets.UTF_8).contains(directory.toString());
    } catch (IOException e) {
      return false; // It has ended meanwhile.
    }
  }
}
