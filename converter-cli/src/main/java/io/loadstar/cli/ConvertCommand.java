package io.loadstar.cli;

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
    description =
        "Rewrite an image's layers so that it can be pulled lazily: as eStargz or zstd:chunked.",
    sortOptions = false,
    footer = {
      "",
      "SRC is one of: [HOST/]REPOSITORY[:TAG][@DIGEST]  oci:DIR[:TAG]  oci-archive:FILE[:TAG]",
      "  docker-archive:FILE[:REF]  containerd:REF. DST too, but no docker-archive.",
      "Exit status: 0 done, 1 failed, 2 misuse, 130 interrupted.",
      "",
      "Examples:",
      "  loadstar convert registry.example.org/team/app:1.2 registry.example.org/team/app:1.2-lazy",
      "  loadstar convert oci:./build:app localhost:5000/app:lazy",
      "  loadstar convert --platform linux/amd64 --prioritize first.txt alpine:3.20 oci:./alpine:lazy",
      "  loadstar convert --format zstd:chunked registry.example.org/app:1 registry.example.org/app:1-zstd",
      "  loadstar convert --external-toc --lossless localhost:5000/app:1 localhost:5000/app:1-lazy",
      "  loadstar convert docker-archive:saved.tar containerd:docker.io/team/app:1.2-lazy"
    })
final class ConvertCommand implements Callable<Integer> {

  @ParentCommand private Loadstar loadstar;
  @Spec private CommandSpec spec;

  @Parameters(index = "0", paramLabel = "SRC", description = "The image.")
  private String source = "";

  @Parameters(index = "1", paramLabel = "DST", description = "Where the converted image goes.")
  private String destination = "";

  @Option(
      names = "--lossless",
      description =
          "Keep each layer's uncompressed bytes and so its DiffID (with --external-toc or zstd).")
  private boolean lossless;

  @Option(
      names = "--force",
      description = "Rewrite layers as well that are in this format already.")
  private boolean force;

  @Option(
      names = "--prioritize",
      paramLabel = "FILE",
      description =
          "Paths and globs (* ? [] **), one in a line (# begins a comment), to be placed first and"
              + " fetched at mount; a directory's path means all that is in it.")
  private @Nullable String prioritize;

  @Option(
      names = "--keep-attestations",
      description = "Keep attestations of images that change, pointed to the new ones.")
  private boolean keepAttestations;

  @Option(
      names = "--layer-records",
      paramLabel = "DIR",
      description =
          "Where is kept what layers became, to find them again ($XDG_CACHE_HOME/loadstar/layers).")
  private @Nullable String layerRecords;

  @Option(
      names = "--no-layer-records",
      description = "Convert each layer, also if it was converted before.")
  private boolean noLayerRecords;

  @Mixin private LayerOptions layers;
  @Mixin private PlatformOptions platforms;
  @Mixin private RegistryOptions registry;
  @Mixin private ContainerdOptions containerd;
  @Mixin private JsonOption json;

  @Override
  public Integer call() throws Exception {
    ConvertRun run;
    OpenPlaces.Options reached;
    try {
      reached = new OpenPlaces.Options(registry, containerd);
      run =
          new ConvertRun(
              source,
              destination,
              layers.build().withLossless(lossless),
              prioritize,
              new ConvertRun.Images(
                  platforms, keepAttestations, force, layerRecords, noLayerRecords));
    } catch (IllegalArgumentException e) {
      throw new ParameterException(spec.commandLine(), String.valueOf(e.getMessage()), e);
    }
    ConversionText text = run.run(reached, loadstar.output().progress());
    if (json.requested()) {
      loadstar.output().json(text.document());
    } else {
      loadstar.output().text(text.summary());
    }
    return 0;
  }
}
