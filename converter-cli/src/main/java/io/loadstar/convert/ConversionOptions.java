package io.loadstar.convert;

import io.loadstar.build.BuildOptions;
import java.nio.file.Path;

/**
 * How an image is converted. Immutable.
 *
 * @param build what decides the layers' bytes
 * @param platforms which of an index's images
 * @param attestations what becomes of those whose image changes
 * @param records where layers that were converted before are found again
 * @param workDirectory an existing directory with room for two layers, uncompressed and converted
 */
public record ConversionOptions(
    BuildOptions build,
    PlatformChoice platforms,
    Attestations attestations,
    LayerRecords records,
    Path workDirectory) {

  /** All images that are there, attestations dropped, no layer found again. */
  public static ConversionOptions of(BuildOptions build, Path workDirectory) {
    return new ConversionOptions(
        build, PlatformChoice.present(), Attestations.DROP, LayerRecords.none(), workDirectory);
  }

  public ConversionOptions withPlatforms(PlatformChoice choice) {
    return new ConversionOptions(build, choice, attestations, records, workDirectory);
  }

  public ConversionOptions withAttestations(Attestations fate) {
    return new ConversionOptions(build, platforms, fate, records, workDirectory);
  }

  public ConversionOptions withRecords(LayerRecords found) {
    return new ConversionOptions(build, platforms, attestations, found, workDirectory);
  }
}
