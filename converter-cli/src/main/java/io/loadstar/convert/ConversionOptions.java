package io.loadstar.convert;

import io.loadstar.build.BuildOptions;
import io.loadstar.oci.Platform;
import java.nio.file.Path;
import java.util.List;

/**
 * How an image is converted. Immutable.
 *
 * @param build what decides the layers' bytes
 * @param platforms which of an index's images; none means all of them
 * @param workDirectory an existing directory with room for two layers, uncompressed and converted
 */
public record ConversionOptions(BuildOptions build, List<Platform> platforms, Path workDirectory) {

  public ConversionOptions {
    platforms = List.copyOf(platforms);
  }
}
