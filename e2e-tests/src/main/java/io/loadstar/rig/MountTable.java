package io.loadstar.rig;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeoutException;

/** The mounts of this process's namespace, as {@code /proc/self/mountinfo} has them (proc(5)). */
public final class MountTable {

  private static final Path MOUNTINFO = Path.of("/proc/self/mountinfo");
  private static final int MOUNT_POINT = 4;

  private MountTable() {}

  /**
   * A row.
   *
   * @param point where it is mounted
   * @param type the file system's, {@code fuse.x} for FUSE with a subtype
   */
  public record Row(Path point, String type) {}

  /** Mounts at or below {@code directory}, the deepest first. */
  public static List<Row> below(Path directory) throws IOException {
    return Files.readAllLines(MOUNTINFO).stream()
        .map(MountTable::row)
        .filter(row -> row.point().startsWith(directory))
        .sorted(Comparator.comparingInt((Row row) -> row.point().getNameCount()).reversed())
        .toList();
  }

  /** Detaches every mount at or below {@code directory} ({@code umount -l}). */
  public static void clear(Path directory)
      throws IOException, InterruptedException, TimeoutException {
    for (Row row : below(directory)) {
      Program.of("umount", "--lazy", row.point().toString()).run();
    }
  }

  private static Row row(String line) {
    String[] fields = line.split(" ", -1);
    int separator = List.of(fields).indexOf("-");
    // A space in a path is written as \040.
    return new Row(Path.of(fields[MOUNT_POINT].replace("\\040", " ")), fields[separator + 1]);
  }
}
