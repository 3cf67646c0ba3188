package io.loadstar.containerd;

import java.util.List;

/**
 * How a snapshot is mounted, in containerd's words. Immutable.
 *
 * @param type the file system: {@code overlay}, {@code bind}
 * @param source the device or directory
 * @param options as mount(8) takes them
 */
public record Mount(String type, String source, List<String> options) {

  public Mount {
    options = List.copyOf(options);
  }

  static Mount of(io.loadstar.api.types.Mount mount) {
    return new Mount(mount.getType(), mount.getSource(), mount.getOptionsList());
  }

  io.loadstar.api.types.Mount toMessage() {
    return io.loadstar.api.types.Mount.newBuilder()
        .setType(type)
        .setSource(source)
        .addAllOptions(options)
        .build();
  }
}
