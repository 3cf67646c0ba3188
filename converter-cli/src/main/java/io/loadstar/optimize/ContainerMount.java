package io.loadstar.optimize;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Something that a container gets mounted beside its image. Immutable.
 *
 * @param type the file system: {@code bind}, {@code tmpfs}
 * @param source the device or, of a bind mount, the directory or file on this machine
 * @param destination an absolute path in the container
 * @param options as mount(8) takes them
 */
public record ContainerMount(String type, String source, String destination, List<String> options) {

  public ContainerMount {
    options = List.copyOf(options);
  }

  /**
   * Reads {@code type=bind,src=/data,dst=/data,options=rbind:ro}; {@code source} and {@code
   * destination} may be written out. Without a type it is a bind mount.
   *
   * @throws IllegalArgumentException if it isn't of that form
   */
  public static ContainerMount parse(String text) {
    Map<String, String> fields = new LinkedHashMap<>();
    for (String field : text.split(",", -1)) {
      int equals = field.indexOf('=');
      String key = equals < 0 ? "" : field.substring(0, equals);
      String name =
          switch (key) {
            case "type", "options" -> key;
            case "src", "source" -> "source";
            case "dst", "destination", "target" -> "destination";
            default -> throw malformed(text);
          };
      fields.put(name, field.substring(equals + 1));
    }
    String type = fields.getOrDefault("type", "bind");
    String destination = fields.getOrDefault("destination", "");
    String source = fields.getOrDefault("source", type.equals("bind") ? "" : type);
    if (!destination.startsWith("/") || source.isEmpty()) {
      throw malformed(text);
    }
    List<String> options = new ArrayList<>();
    if (fields.containsKey("options")) {
      options.addAll(List.of(fields.getOrDefault("options", "").split(":", -1)));
    }
    if (type.equals("bind") && !options.contains("bind") && !options.contains("rbind")) {
      options.add("rbind");
    }
    return new ContainerMount(type, source, destination, options);
  }

  private static IllegalArgumentException malformed(String text) {
    return new IllegalArgumentException(
        "mount " + text + " isn't of the form type=bind,src=/here,dst=/there,options=rbind:ro");
  }
}
