package io.loadstar.convert;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import io.loadstar.build.BuildOptions;
import io.loadstar.oci.Descriptor;
import io.loadstar.oci.JsonDocument;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Optional;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What became of layers that were converted before, so that they needn't be again. Thread-safe;
 * other processes may use the same directory.
 *
 * <pre>
 *   DIR/HEX.json      one layer: its LayerRecord. HEX is the SHA-256 of all that decides its bytes:
 *                     the source layer's digest, the build options, and the versions of this
 *                     converter and its compressor
 *   DIR/.new-*        a record that is being written
 * </pre>
 *
 * <p>A record is a hint: the blob must be at the destination, and its TOC must have the digest that
 * the record says, or the layer is converted as if there were none. Records can be deleted at any
 * time.
 */
public final class LayerRecords {

  private static final Logger LOG = LoggerFactory.getLogger(LayerRecords.class);

  /** Goes up when the same options come to give other bytes. */
  private static final String CONVERTER = "loadstar-layer-1";

  private static final int MAX_RECORD_BYTES = 16 << 20;

  private final @Nullable Path directory;

  private LayerRecords(@Nullable Path directory) {
    this.directory = directory;
  }

  /** No records at all. */
  public static LayerRecords none() {
    return new LayerRecords(null);
  }

  /** Those in {@code directory}, which is made when there is something to record. */
  public static LayerRecords in(Path directory) {
    return new LayerRecords(directory);
  }

  /** {@code $XDG_CACHE_HOME/loadstar/layers}, by default {@code ~/.cache/loadstar/layers}. */
  public static LayerRecords ofUser() {
    String cache = System.getenv("XDG_CACHE_HOME");
    Path base =
        cache != null && cache.startsWith("/")
            ? Path.of(cache)
            : Path.of(System.getProperty("user.home", "/"), ".cache");
    return in(base.resolve("loadstar").resolve("layers"));
  }

  /** The record of {@code layer} under these options, if there is a whole one. */
  Optional<LayerRecord> find(Descriptor layer, BuildOptions options) {
    if (directory == null) {
      return Optional.empty();
    }
    Path file = file(directory, layer, options);
    try {
      if (Files.size(file) > MAX_RECORD_BYTES) {
        return Optional.empty();
      }
      ObjectNode json = JsonDocument.parse(Files.readAllBytes(file), file.toString());
      return Optional.of(LayerRecord.parse(json));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IOException | IllegalArgumentException e) {
      LOG.debug("record {} isn't used: {}", file, e.getMessage());
      return Optional.empty();
    }
  }

  /** Keeps what {@code layer} became. That it can't be kept fails nothing. */
  void keep(Descriptor layer, BuildOptions options, LayerRecord record) {
    if (directory == null) {
      return;
    }
    Path file = file(directory, layer, options);
    try {
      Files.createDirectories(directory);
      Path fresh = Files.createTempFile(directory, ".new-", "");
      try {
        Files.write(fresh, JsonDocument.write(record.toJson()));
        Files.move(
            fresh, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(fresh);
      }
    } catch (IOException e) {
      LOG.debug("record {} can't be kept: {}", file, e.getMessage());
    }
  }

  private static Path file(Path directory, Descriptor layer, BuildOptions options) {
    String decides =
        String.join(
            "\n",
            CONVERTER,
            options.compressor().toString(),
            layer.digest().toString(),
            layer.mediaType(),
            options.toString());
    return directory.resolve(Digest.of(decides.getBytes(StandardCharsets.UTF_8)).hex() + ".json");
  }
}
