package io.loadstar.coldstart;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What bin/bench asks for. Immutable.
 *
 * @param archives where the images' archives are
 * @param output where the results go
 * @param images their names
 * @param untilLines the lines that people wait for, by image; others are waited for to their end
 * @param rounds how often each thing is measured
 * @param lines to the registry; the first is drawn
 * @param workloads by name
 * @param jnr whether the jnr transport takes part
 * @param configuration the snapshotter's, in TOML
 * @param trace where a timeline of each start goes; null for nowhere
 * @param peers other snapshotters that run here, by name, with their sockets
 */
record ColdStartOptions(
    Path archives,
    Path output,
    List<String> images,
    Map<String, String> untilLines,
    int rounds,
    List<Line> lines,
    List<String> workloads,
    boolean jnr,
    String configuration,
    @Nullable Path trace,
    Map<String, Path> peers) {

  private static final String TOGETHER = "together";

  /**
   * @throws IllegalArgumentException if a word is unknown, or what is necessary isn't said
   */
  static ColdStartOptions parse(List<String> words) {
    Map<String, String> values = new LinkedHashMap<>();
    Map<String, Path> peers = new LinkedHashMap<>();
    Map<String, String> untilLines = new LinkedHashMap<>();
    boolean jnr = false;
    for (Iterator<String> each = words.iterator(); each.hasNext(); ) {
      String word = each.next();
      if (word.equals("--jnr")) {
        jnr = true;
      } else if (!each.hasNext()) {
        throw new IllegalArgumentException(word + " wants a value");
      } else if (word.equals("--peer")) {
        Named peer = Named.parse(each.next());
        peers.put(peer.name, Path.of(peer.value).toAbsolutePath());
      } else if (word.equals("--until-line")) {
        Named line = Named.parse(each.next());
        untilLines.put(line.name, line.value);
      } else {
        values.put(word, each.next());
      }
    }
    return new ColdStartOptions(
        Path.of(take(values, "--archives")),
        Path.of(take(values, "--output")),
        list(take(values, "--images")),
        untilLines,
        Integer.parseInt(take(values, "--rounds")),
        list(take(values, "--lines")).stream().map(Line::parse).toList(),
        checked(list(take(values, "--workloads"))),
        jnr,
        configuration(values.get("--config")),
        values.containsKey("--trace") ? Path.of(take(values, "--trace")) : null,
        peers);
  }

  private static String configuration(@Nullable String file) {
    try {
      return file == null ? "" : Files.readString(Path.of(file));
    } catch (IOException e) {
      throw new IllegalArgumentException("can't read " + file + ": " + e.getMessage(), e);
    }
  }

  /** NAME=VALUE. */
  private record Named(String name, String value) {
    static Named parse(String text) {
      int equals = text.indexOf('=');
      if (equals < 1) {
        throw new IllegalArgumentException("NAME=VALUE is wanted, not " + text);
      }
      return new Named(text.substring(0, equals), text.substring(equals + 1));
    }
  }

  /** The line of an image's output that people wait for; empty for its end. */
  String ready(String image) {
    return untilLines.getOrDefault(image, "");
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
