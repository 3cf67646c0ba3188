package io.loadstar.convert;

import io.loadstar.blob.Digest;
import io.loadstar.build.BuildOptions;
import io.loadstar.build.PrioritizedFiles;
import java.nio.file.Path;

/**
 * How an image is converted. Immutable.
 *
 * @param build what decides the layers' bytes
 * @param platforms which of an index's images
 * @param attestations what becomes of those whose image changes
 * @param lazyLayers what becomes of layers that are in the wanted format already
 * @param priorities which files come first, where layers differ in that
 * @param records where layers that were converted before are found again
 * @param workDirectory an existing directory with room for two layers, uncompressed and converted
 */
public record ConversionOptions(
    BuildOptions build,
    PlatformChoice platforms,
    Attestations attestations,
    LazyLayers lazyLayers,
    LayerPriorities priorities,
    LayerRecords records,
    Path workDirectory) {

  /** All images that are there, attestations dropped, lazy layers kept, none found again. */
  public static ConversionOptions of(BuildOptions build, Path workDirectory) {
    return new ConversionOptions(
        build,
        PlatformChoice.present(),
        Attestations.DROP,
        LazyLayers.KEEP,
        LayerPriorities.SAME,
        LayerRecords.none(),
        workDirectory);
  }

  public ConversionOptions withPlatforms(PlatformChoice choice) {
    return new ConversionOptions(
        build, choice, attestations, lazyLayers, priorities, records, workDirectory);
  }

  public ConversionOptions withAttestations(Attestations fate) {
    return new ConversionOptions(
        build, platforms, fate, lazyLayers, priorities, records, workDirectory);
  }

  public ConversionOptions withLazyLayers(LazyLayers fate) {
    return new ConversionOptions(
        build, platforms, attestations, fate, priorities, records, workDirectory);
  }

  public ConversionOptions withPriorities(LayerPriorities order) {
    return new ConversionOptions(
        build, platforms, attestations, lazyLayers, order, records, workDirectory);
  }

  public ConversionOptions withRecords(LayerRecords found) {
    return new ConversionOptions(
        build, platforms, attestations, lazyLayers, priorities, found, workDirectory);
  }

  /** What decides the bytes of what {@code layer} of the source becomes. */
  BuildOptions buildOf(Digest layer) {
    PrioritizedFiles own = priorities.layers().get(layer);
    return own == null ? build : build.withPrioritized(own);
  }
}
