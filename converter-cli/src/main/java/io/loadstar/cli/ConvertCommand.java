package io.loadstar.cli;

import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.ParentCommand;
import picocli.CommandLine.Spec;

/** Makes an image lazy. What it does stands in {@link ConvertRun}, loaded only when it is done. */
@Command(
    name = "convert",
    description = "Rewrite an image's layers as eStargz, so that it can be pulled lazily.",
    sortOptions = false,
    footer = {
      "",
      "SRC and DST are registry references or OCI layouts: oci:DIR or oci:DIR:TAG.",
      "",
      "Examples:",
      "  loadstar convert registry.example.org/team/app:1.2 registry.example.org/team/app:1.2-lazy",
      "  loadstar convert oci:./build:app localhost:5000/app:lazy",
      "  loadstar convert --platform linux/amd64 --prioritize first.txt alpine:3.20 oci:./alpine:lazy"
    })
final class ConvertCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "SRC", description = "The image.")
  private String source = "";

  @Parameters(index = "1", paramLabel = "DST", description = "Where the converted image goes.")
  private String destination = "";

  @Option(
      names = "--estargz-footer",
      paramLabel = "BYTES",
      defaultValue = "47",
      description = "How a layer ends: 47 or 51 bytes; most readers take both (${DEFAULT-VALUE}).")
  private int footer;

  @Option(
      names = "--chunk-size",
      paramLabel = "SIZE",
      defaultValue = "4MiB",
      description = "Most bytes of a file that are fetched and verified as one (${DEFAULT-VALUE}).")
  private String chunkSize = "";

  @Option(
      names = "--compression-level",
      paramLabel = "LEVEL",
      defaultValue = "6",
      description = "Of gzip, from 0 (none) to 9 (smallest) (${DEFAULT-VALUE}).")
  private int compressionLevel;

  @Option(
      names = "--prioritize",
      paramLabel = "FILE",
      description =
          "Paths, one in a line (# begins a comment), to be placed first and fetched at mount.")
  private @Nullable String prioritize;

  @Option(
      names = "--platform",
      paramLabel = "OS/ARCH",
      split = ",",
      description = "Which of an index's images, may be repeated; all of them unless said.")
  private List<String> platforms = List.of();

  @Mixin private RegistryOptions registry;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws Exception {
    ConvertRun run;
    try {
      run =
          new ConvertRun(
              source,
              destination,
              new ConvertRun.Choices(footer, chunkSize, compressionLevel, prioritize, platforms));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    ConversionText text = run.run(registry, loadstar.output().progress());
    if (json.requested()) {
      loadstar.output().json(text.document());
    } else {
      loadstar.output().text(text.summary());
    }
    return 0;
  }
}
