package io.loadstar.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.loadstar.build.BuildOptions;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/**
 * What is chosen by saying nothing is what the converter chooses by itself, and its manual says.
 */
class LayerOptionsTest {

  @Test
  void nothingSaidIsTheDefault() {
    assertEquals(BuildOptions.DEFAULT, parsed().build());
  }

  @Test
  void theDefaultChunkSizeIsShown() {
    assertEquals(BuildOptions.DEFAULT_CHUNK_SIZE, ByteSize.parse(LayerOptions.DEFAULT_CHUNK_SIZE));
    String help = new CommandLine(new LayerOptions()).getUsageMessage();
    assertEquals(
        1,
        help.lines().filter(line -> line.contains(LayerOptions.DEFAULT_CHUNK_SIZE)).count(),
        help);
  }

  private static LayerOptions parsed(String... words) {
    return CommandLine.populateCommand(new LayerOptions(), words);
  }
}
