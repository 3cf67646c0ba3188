package io.loadstar.optimize;

import com.fasterxml.jackson.databind.JsonNode;
import io.loadstar.oci.ImageConfig;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What a container runs. Immutable.
 *
 * @param arguments the program and its arguments
 * @param environment {@code NAME=value}
 * @param directory an absolute path
 * @param user as an image's config spells it
 */
record WorkloadProcess(
    List<String> arguments, List<String> environment, String directory, String user) {

  /** What programs are looked for in if nobody says it; containerd's own. */
  private static final String PATH =
      "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

  WorkloadProcess {
    arguments = List.copyOf(arguments);
    environment = List.copyOf(environment);
  }

  /**
   * The image's process, changed as {@code choices} say. Source: OCI image-spec, config.md.
   *
   * @throws OptimizationException if neither says what to run
   */
  static WorkloadProcess of(ImageConfig image, WorkloadChoices choices)
      throws OptimizationException {
    JsonNode config = image.toJson().path("config");
    List<String> arguments =
        new ArrayList<>(choices.entrypoint().orElse(texts(config.path("Entrypoint"))));
    boolean own = choices.command().isEmpty() && choices.entrypoint().isEmpty();
    arguments.addAll(own ? texts(config.path("Cmd")) : choices.command());
    if (arguments.isEmpty()) {
      throw new OptimizationException(
          "the image doesn't say what it runs; give a command behind --");
    }
    String directory = config.path("WorkingDir").asText("");
    if (choices.directory() != null) {
      directory = choices.directory();
    }
    return new WorkloadProcess(
        arguments,
        environment(texts(config.path("Env")), choices.environment()),
        directory.isEmpty() ? "/" : directory,
        choices.user() == null ? config.path("User").asText("") : choices.user());
  }

  private static List<String> environment(List<String> image, List<String> added) {
    Map<String, String> byName = new LinkedHashMap<>();
    byName.put("PATH", PATH);
    for (List<String> each : List.of(image, added)) {
      for (String variable : each) {
        byName.put(variable.split("=", 2)[0], variable);
      }
    }
    return List.copyOf(byName.values());
  }

  private static List<String> texts(JsonNode list) {
    List<String> texts = new ArrayList<>();
    list.forEach(each -> texts.add(each.asText()));
    return texts;
  }
}
