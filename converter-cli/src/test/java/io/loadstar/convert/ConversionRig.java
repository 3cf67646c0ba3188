package io.loadstar.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.BlobSource;
import io.loadstar.build.BuildOptions;
import io.loadstar.build.LayerBuilder;
import io.loadstar.layout.LayoutImageDestination;
import io.loadstar.layout.LayoutImageSource;
import io.loadstar.layout.OciLayout;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageDestination;
import io.loadstar.oci.ImageSource;
import io.loadstar.oci.JsonDocument;
import io.loadstar.oci.Platform;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;

/** Images in a layout, converted within it, and what a conversion says of itself. */
abstract class ConversionRig {
  @TempDir Path directory;

  LayerBuilder builder;
  Path work;
  final List<String> notices = new CopyOnWriteArrayList<>();
  final List<Descriptor> reads = new CopyOnWriteArrayList<>();
  final List<Descriptor> writes = new CopyOnWriteArrayList<>();

  @BeforeEach
  void start() throws IOException {
    builder = new LayerBuilder(2);
    work = Files.createDirectory(directory.resolve("work"));
  }

  @AfterEach
  void stop() {
    builder.close();
  }

  final TestImage image(TestImage.Family family, String architecture, int... seeds)
      throws IOException, InterruptedException {
    TestImage image = new TestImage(family, architecture);
    for (int seed : seeds) {
      Path root = directory.resolve("tree-" + seed);
      if (!Files.exists(root)) {
        TestImage.plant(root, seed);
      }
      image.layer(root);
    }
    return image;
  }

  final void publish(String tag, TestImage image) throws IOException {
    ImageDestination destination = destination(tag);
    destination.publish(image.store(destination));
  }

  final ConversionReport convert(String from, String to, ConversionOptions options)
      throws IOException {
    return convert(from, destination(to), options, builder);
  }

  final ConversionReport convert(
      String from, ImageDestination to, ConversionOptions options, LayerBuilder with)
      throws IOException {
    ImageSource source = source(from);
    return new ImageConverter(new ImageConverter.Places(source, to), with, options, new Recorder())
        .convert(source.resolve());
  }

  final ConversionOptions options(String... platforms) {
    return ConversionOptions.of(
            BuildOptions.DEFAULT.withChunkSize(1 << 19).withCompressionLevel(1), work)
        .withPlatforms(
            platforms.length == 0
                ? PlatformChoice.present()
                : PlatformChoice.of(Arrays.stream(platforms).map(Platform::parse).toList()));
  }

  final Path layout() {
    return directory.resolve("layout");
  }

  final ImageDestination destination(String tag) throws IOException {
    return new LayoutImageDestination(OciLayout.openOrCreate(layout()), tag);
  }

  final ImageSource source(String tag) throws IOException {
    return new LayoutImageSource(OciLayout.open(layout()), tag);
  }

  final byte[] blob(String tag, Descriptor descriptor) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (BlobSource blob = source(tag).openBlob(descriptor)) {
      io.loadstar.oci.BlobContent.of(blob).writeTo(out);
    }
    return out.toByteArray();
  }

  final ObjectNode json(String tag, Descriptor descriptor) throws IOException {
    return JsonDocument.parse(source(tag).smallBlob(descriptor), "document");
  }

  static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.list(folder)) {
      return files.toList();
    }
  }

  class Recorder implements ConversionListener {
    @Override
    public void readStarted(Descriptor blob) {
      reads.add(blob);
    }

    @Override
    public void read(Descriptor blob, long bytes) {}

    @Override
    public void readEnded(Descriptor blob) {}

    @Override
    public void writeStarted(Descriptor blob) {
      writes.add(blob);
    }

    @Override
    public void written(Descriptor blob, long bytes) {}

    @Override
    public void writeEnded(Descriptor blob) {}

    @Override
    public void layerDone(LayerReport layer) {}

    @Override
    public void notice(String line) {
      notices.add(line);
    }
  }
}
