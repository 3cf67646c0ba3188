package io.loadstar.linux;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/**
 * Which user (or group) of the host a container's one is: user_namespaces(7). Immutable.
 *
 * @param extents which don't overlap, neither inside nor outside of the container
 */
public record IdMap(List<Extent> extents) {

  /** UID_GID_MAP_MAX_EXTENTS of linux/user_namespace.h. */
  public static final int MAX_EXTENTS = 340;

  /** What an id that isn't mapped is shown as: /proc/sys/kernel/overflowuid. */
  public static final int OVERFLOW = 65534;

  /** Ids are unsigned, and the largest of 32 bits means none. */
  private static final long IDS = (1L << 32) - 1;

  /**
   * A run of ids.
   *
   * @param container the first one inside
   * @param host the first one outside
   * @param length how many there are, 1 or more
   */
  public record Extent(long container, long host, long length) {

    public Extent {
      if (container < 0
          || host < 0
          || length < 1
          || length > IDS
          || container + length > IDS
          || host + length > IDS) {
        throw new IllegalArgumentException(
            "not a run of ids: " + container + ":" + host + ":" + length);
      }
    }
  }

  public IdMap {
    extents = List.copyOf(extents);
    if (extents.isEmpty() || extents.size() > MAX_EXTENTS) {
      throw new IllegalArgumentException(
          "ids are mapped by 1 to " + MAX_EXTENTS + " runs, not by " + extents.size());
    }
    refuseOverlap(extents.stream().map(e -> new long[] {e.container, e.length}).toList());
    refuseOverlap(extents.stream().map(e -> new long[] {e.host, e.length}).toList());
  }

  private static void refuseOverlap(List<long[]> runs) {
    List<long[]> sorted = new ArrayList<>(runs);
    sorted.sort(Comparator.comparingLong(run -> run[0]));
    for (int i = 1; i < sorted.size(); i++) {
      if (sorted.get(i - 1)[0] + sorted.get(i - 1)[1] > sorted.get(i)[0]) {
        throw new IllegalArgumentException("runs of ids overlap at " + sorted.get(i)[0]);
      }
    }
  }

  /**
   * Reads "0:100000:65536,70000:300000:1": container, host and length of each run, as containerd's
   * labels have them.
   *
   * @throws IllegalArgumentException if it isn't that
   */
  public static IdMap parse(String text) {
    String[] runs = text.split(",", MAX_EXTENTS + 1);
    List<Extent> extents = new ArrayList<>();
    for (String run : runs) {
      String[] numbers = run.split(":", -1);
      if (numbers.length != 3) {
        throw new IllegalArgumentException("not container:host:length: \"" + run + "\"");
      }
      extents.add(new Extent(number(numbers[0]), number(numbers[1]), number(numbers[2])));
    }
    return new IdMap(extents);
  }

  private static long number(String text) {
    try {
      return Integer.toUnsignedLong(Integer.parseUnsignedInt(text));
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException("not an id: \"" + text + "\"", e);
    }
  }

  /** The host's id for the container's {@code id}, unsigned both; {@link #OVERFLOW} if none is. */
  public int toHost(int id) {
    long wanted = Integer.toUnsignedLong(id);
    // By index: asked for each attribute that is served.
    for (int i = 0; i < extents.size(); i++) {
      Extent extent = extents.get(i);
      if (wanted >= extent.container && wanted < extent.container + extent.length) {
        return (int) (extent.host + (wanted - extent.container));
      }
    }
    return OVERFLOW;
  }

  /** What is written into a process's uid_map or gid_map. */
  String lines() {
    return extents.stream()
        .map(e -> e.container + " " + e.host + " " + e.length + "\n")
        .collect(Collectors.joining());
  }
}
