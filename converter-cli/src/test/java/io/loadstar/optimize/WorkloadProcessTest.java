package io.loadstar.optimize;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.oci.ImageConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** What runs, of what the image says and what the user says. */
class WorkloadProcessTest {

  private static final String FULL =
      """
      {"Entrypoint":["/entry"],"Cmd":["serve","-v"],"Env":["PATH=/bin","A=image","B=x=y"],
       "WorkingDir":"/srv","User":"app:44"}\
      """;

  private static WorkloadProcess process(String config, WorkloadChoices choices)
      throws IOException {
    String json =
        """
        {"architecture":"amd64","os":"linux","config":%s,"rootfs":{"type":"layers","diff_ids":[]}}\
        """
            .formatted(config);
    return WorkloadProcess.of(
        ImageConfig.parse(json.getBytes(StandardCharsets.UTF_8), "config"), choices);
  }

  private static WorkloadChoices choices(
      List<String> command, @Nullable List<String> entrypoint, String... environment) {
    return new WorkloadChoices(
        command,
        Optional.ofNullable(entrypoint),
        List.of(environment),
        null,
        null,
        List.of(),
        WorkloadChoices.Network.LOOPBACK);
  }

  @Test
  void theImageSaysWhatRunsAndHow() throws IOException {
    WorkloadProcess process = process(FULL, choices(List.of(), null));
    assertEquals(List.of("/entry", "serve", "-v"), process.arguments());
    assertEquals(List.of("PATH=/bin", "A=image", "B=x=y"), process.environment());
    assertEquals("/srv", process.directory());
    assertEquals("app:44", process.user());
  }

  @Test
  void aCommandTakesThePlaceOfTheImagesCmd() throws IOException {
    assertEquals(List.of("/entry", "ls"), process(FULL, choices(List.of("ls"), null)).arguments());
  }

  @Test
  void anEntrypointTakesThePlaceOfBoth() throws IOException {
    assertEquals(List.of("sh"), process(FULL, choices(List.of(), List.of("sh"))).arguments());
    assertEquals(
        List.of("sh", "-c", "x"),
        process(FULL, choices(List.of("-c", "x"), List.of("sh"))).arguments());
    assertEquals(List.of("ls"), process(FULL, choices(List.of("ls"), List.of())).arguments());
  }

  @Test
  void variablesAreReplacedByName() throws IOException {
    assertEquals(
        List.of("PATH=/bin", "A=mine", "B=x=y", "C="),
        process(FULL, choices(List.of(), null, "A=mine", "C=")).environment());
  }

  @Test
  void anImageThatSaysNothingRunsInTheRootAsRoot() throws IOException {
    WorkloadProcess process = process("null", choices(List.of("ls"), null));
    assertEquals("/", process.directory());
    assertEquals("", process.user());
    assertEquals(1, process.environment().size());
    assertThrows(OptimizationException.class, () -> process("{}", choices(List.of(), null)));
  }
}
