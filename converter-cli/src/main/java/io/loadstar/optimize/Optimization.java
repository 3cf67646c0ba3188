package io.loadstar.optimize;

import io.loadstar.build.BuildOptions;
import io.loadstar.build.LayerBuilder;
import io.loadstar.convert.ConversionListener;
import io.loadstar.convert.ConversionOptions;
import io.loadstar.convert.ConversionReport;
import io.loadstar.convert.ImageConverter;
import io.loadstar.convert.LazyLayers;
import io.loadstar.convert.PlatformChoice;
import io.loadstar.inspect.PickedImage;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.LayoutImageSource;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageDocument;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.MediaTypes;
import io.loadstar.oci.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.zip.Deflater;

/**
 * Lays an image out in the order in which its workload reads it: the image is converted quickly
 * into a directory, run there over lazy mounts while its reads are recorded, and converted again
 * with what was read in front. Not thread-safe; used for one image.
 *
 * <p>Layers are fetched from the source once. Of an index the one image is taken that is run.
 *
 * <pre>
 *   WORK DIRECTORY/source/   the source's layers as they were fetched
 *   WORK DIRECTORY/image/    the image that is run: an OCI layout
 *   WORK DIRECTORY/run/      MountedImage and Workload
 * </pre>
 */
public final class Optimization {

  private final ImageSource source;
  private final LayerBuilder builder;
  private final ConversionOptions options;
  private final PickedImage picked;
  private final Path directory;

  private Optimization(
      ImageSource source, LayerBuilder builder, ConversionOptions options, PickedImage picked) {
    this.source = source;
    this.builder = builder;
    this.options = options;
    this.picked = picked;
    this.directory = options.workDirectory();
  }

  /**
   * Looks at the source.
   *
   * @param source the image; stays the caller's
   * @param builder builds the layers; stays the caller's
   * @param options how it is converted in the end; the platforms are chosen here
   * @param platform which of an index's images; if none is said, the only one, else this machine's
   * @throws IOException if there is no such image
   */
  public static Optimization of(
      ImageSource source,
      LayerBuilder builder,
      ConversionOptions options,
      Optional<Platform> platform)
      throws IOException {
    Path layers = Files.createDirectories(options.workDirectory().resolve("source"));
    KeptSource kept = new KeptSource(source, layers);
    PickedImage picked = PickedImage.of(kept, platform);
    boolean index = MediaTypes.isIndex(kept.resolve().mediaType());
    PlatformChoice choice =
        index
            ? PlatformChoice.of(
                List.of(platform.or(() -> picked.config().platform()).orElse(Platform.current())))
            : PlatformChoice.present();
    return new Optimization(kept, builder, options.withPlatforms(choice), picked);
  }

  /**
   * Asks the destination something, before the work begins: it may not be there.
   *
   * @throws IOException if it can't be asked
   */
  public void require(ImageDestination destination) throws IOException {
    destination.hasBlob(picked.manifest().config());
  }

  /**
   * Runs the workload and records what it reads.
   *
   * @param listener is told of the conversion that comes first
   * @throws IOException if it can't be run
   * @throws InterruptedException if the thread was interrupted
   */
  public Recording record(WorkloadRun run, ConversionListener listener)
      throws IOException, InterruptedException {
    requireUpperDirectory();
    Path image = directory.resolve("image");
    try (ImageDestination to = new LayoutImageDestination(OciLayout.openOrCreate(image), null)) {
      BuildOptions layers =
          BuildOptions.DEFAULT
              .withCompressionLevel(Deflater.BEST_SPEED)
              .withChunkSize(options.build().chunkSize())
              .withMaxLayerBytes(options.build().maxLayerBytes());
      ConversionOptions quick =
          ConversionOptions.of(layers, directory).withPlatforms(options.platforms());
      new ImageConverter(new ImageConverter.Places(source, to), builder, quick, listener)
          .convert(source.resolve());
    }
    try (ImageSource converted = new LayoutImageSource(OciLayout.open(image), null)) {
      return run.record(
          converted,
          PickedImage.of(converted, Optional.empty()),
          picked.document().digest(),
          Files.createDirectory(directory.resolve("run")));
    }
  }

  /** An overlay can't be the upper directory of another, and its options have separators. */
  private void requireUpperDirectory() throws IOException {
    String type = Files.getFileStore(directory).type();
    if (type.equals("overlay")) {
      throw new OptimizationException(
          directory
              + ": is on an overlay, on which no container can be run; set TMPDIR to a directory"
              + " on another file system");
    }
    if (directory.toString().matches(".*[:,\\\\].*")) {
      throw new OptimizationException(
          directory + ": a mount's options can't have this name; set TMPDIR to another");
    }
  }

  /**
   * Converts the image with these files in front.
   *
   * @param destination where it goes; stays the caller's
   * @throws IOException as {@link ImageConverter#convert} does
   */
  public ConversionReport layOut(
      ReadOrder order, ImageDestination destination, ConversionListener listener)
      throws IOException {
    ConversionOptions ordered =
        options
            .withLazyLayers(LazyLayers.REWRITE)
            .withPriorities(order.priorities(picked.document().digest(), picked.layers()));
    ImageDocument image = source.resolve();
    return new ImageConverter(
            new ImageConverter.Places(source, destination), builder, ordered, listener)
        .convert(image);
  }
}
