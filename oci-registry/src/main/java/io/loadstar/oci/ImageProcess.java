package io.loadstar.oci;

import java.util.List;

/**
 * What an image's containers run unless they are told otherwise. Immutable. Source: OCI image-spec,
 * config.md, "Entrypoint", "Cmd", "Env".
 *
 * @param entrypoint may be empty
 * @param command arguments of the entry point, or the command itself; may be empty
 * @param path the absolute directories of PATH
 */
public record ImageProcess(List<String> entrypoint, List<String> command, List<String> path) {

  public ImageProcess {
    entrypoint = List.copyOf(entrypoint);
    command = List.copyOf(command);
    path = List.copyOf(path);
  }
}
