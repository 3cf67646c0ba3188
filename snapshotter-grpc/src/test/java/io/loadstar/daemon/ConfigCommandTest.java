package io.loadstar.daemon;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

final class ConfigCommandTest {

  private static final String OWN =
      """
      metrics_address = ":9000"
      no_background_fetch = true
      [store]
      max_bytes = 50_000_000_000
      [fuse]
      no_passthrough_images = ["a*", 'b"c']
      [[resolver.host."docker.io".mirrors]]
      host = "mirror.example:5000"
      insecure = true
      """;

  @TempDir Path folder;

  private Path file(String text) throws IOException {
    return Files.writeString(folder.resolve("config.toml"), text);
  }

  private static ConfigCommand.Outcome run(String action, Path file) throws IOException {
    Arguments read = Arguments.read(new String[] {"config", action, file.toString()});
    Arguments.Configure wanted = (Arguments.Configure) read;
    return ConfigCommand.run(wanted.action(), wanted.file());
  }

  @Test
  void checkSaysThatAFileIsGood() throws Exception {
    Path file = file(OWN);
    assertEquals(new ConfigCommand.Outcome(file + ": ok\n", List.of()), run("check", file));
  }

  @Test
  void checkNamesTheLineOfWhatIsBad() throws Exception {
    Path file = file("noprefetch = true\nnobackground = true\n");
    assertEquals(
        file + ":2: nobackground is no key that is known here",
        assertThrows(MalformedConfigurationException.class, () -> run("check", file)).getMessage());
  }

  @Test
  void aFileThatIsNotThereIsNamed() {
    Path file = folder.resolve("none.toml");
    assertEquals(
        file + ": no such configuration file",
        assertThrows(IOException.class, () -> run("check", file)).getMessage());
  }

  @Test
  void whatIsDumpedSaysTheSameAndExplainsIt() throws Exception {
    Configuration before = Configuration.read(file(OWN)).configuration();
    String dumped = run("dump", file(OWN)).out();
    assertEquals(new Configuration.Read(before, List.of()), Configuration.read(file(dumped)));
    assertTrue(dumped.startsWith(ConfigurationDocument.defaults().substring(0, 100)), dumped);
    assertEquals(dumped, run("dump", file(dumped)).out(), "dumped again");
  }

  @Test
  void thePeersFileIsMigratedAndWhatIsDroppedIsSaid() throws Exception {
    Path peers =
        file(
            """
            noprefetch = true
            metadata_store = "db"
            [fuse]
            passthrough = true
            [resolver]
            request_timeout_sec = 7
            retries = 3
            """);
    ConfigCommand.Outcome outcome = run("migrate", peers);
    assertEquals(
        List.of(
            peers + ":2: dropped metadata_store, which has no effect here",
            peers
                + ":7: dropped resolver.retries, which is no key of stargz-snapshotter's nor of ours"),
        outcome.notes());
    Configuration.Read migrated = Configuration.read(file(outcome.out()));
    assertEquals(List.of(), migrated.ineffective());
    assertEquals(false, migrated.configuration().fetch().prefetch());
    assertEquals(7, migrated.configuration().resolver().requestTimeout().toSeconds());
    assertEquals(PassthroughChoice.AUTO, migrated.configuration().fuse().passthrough());
  }

  @Test
  void helpIsThereAtEachLevel() {
    for (String[] words :
        List.of(
            new String[] {"--help"},
            new String[] {"config", "--help"},
            new String[] {"config", "migrate", "--help"})) {
      String text = ((Arguments.Show) Arguments.read(words)).text();
      assertTrue(text.startsWith("Usage: loadstar-snapshotter"), text);
    }
  }

  @Test
  void configAloneIsMisuse() {
    assertThrows(
        CommandLine.ParameterException.class, () -> Arguments.read(new String[] {"config"}));
  }
}
