package io.loadstar.coldstart;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What bin/bench asks for. Immutable.
 *
 * @param archives where the images' archives are
 * @param output where the results go
 * @param images their names
 * @param rounds how often each thing is measured
 * @param lines to the registry; the first is drawn
 * @param workloads by name
 * @param jnr whether the jnr transport takes part
 * @param peers other snapshotters that run here, by name, with their sockets
 */
record ColdStartOptions(
    Path archives,
    Path output,
    List<String> images,
    int rounds,
    List<Line> lines,
    List<String> workloads,
    boolean jnr,
    Map<String, Path> peers) {

  private static final String TOGETHER = "together";

  /**
   * @throws IllegalArgumentException if a word is unknown, or what is necessary isn't said
   */
  static ColdStartOptions parse(List<String> words) {
    Map<String, String> values = new LinkedHashMap<>();
    Map<String, Path> peers = new LinkedHashMap<>();
    boolean jnr = false;
    for (Iterator<String> each = words.iterator(); each.hasNext(); ) {
      String word = each.next();
      if (word.equals("--jnr")) {
        jnr = true;
      } else if (!each.hasNext()) {
        throw new IllegalArgumentException(word + " wants a value");
      } else if (word.equals("--peer")) {
        String[] parts = each.next().split("=", 2);
        if (parts.length < 2) {
          throw new IllegalArgumentException("a peer is named NAME=SOCKET, not " + parts[0]);
        }
        peers.put(parts[0], Path.of(parts[1]).toAbsolutePath());
      } else {
        values.put(word, each.next());
      }
    }
    return new ColdStartOptions(
        Path.of(take(values, "--archives")),
        Path.of(take(values, "--output")),
        list(take(values, "--images")),
        Integer.parseInt(take(values, "--rounds")),
        list(take(values, "--lines")).stream().map(Line::parse).toList(),
        checked(list(take(values, "--workloads"))),
        jnr,
        peers);
  }

  private static String take(Map<String, String> values, String name) {
    String value = values.get(name);
    if (value == null) {
      throw new IllegalArgumentException(name + " isn't given");
    }
    return value;
  }

  private static List<String> list(String words) {
    return new ArrayList<>(List.of(words.split(",", -1)));
  }

  private static List<String> checked(List<String> workloads) {
    for (String each : workloads) {
      if (!each.equals(TOGETHER)) {
        Workload.named(each);
      }
    }
    return workloads;
  }
}
