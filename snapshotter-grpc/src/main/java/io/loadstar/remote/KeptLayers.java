package io.loadstar.remote;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.UnverifiedToc;
import io.loadstar.layer.LayerTree;
import io.loadstar.toc.TocJson;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * What is kept of each mounted layer, so that after a restart it can be mounted again without
 * asking its registry. Thread-safe as long as no two threads keep or drop the same layer at once.
 *
 * <pre>
 * &lt;root&gt;/layers/
 *   &lt;hex of the blob's digest&gt;/
 *     toc.json      the TOC as it was verified, byte for byte
 *     index         the tree of it as it is mounted: see docs/formats.md
 *     layer.json    {"blobSize":…,"tocOffset":…,"tocDigest":"sha256:…","format":"estargz-47"}
 *   new-&lt;random&gt;/   being written; left over if it is found at start
 * </pre>
 */
public final class KeptLayers {

  private static final String TOC = "toc.json";
  private static final String INDEX = "index";
  private static final String FACTS = "layer.json";
  private static final String NEW = "new-";
  private static final int MAX_FACTS_BYTES = 64 << 10;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path directory;

  /**
   * @param blobSize in bytes
   * @param tocOffset where in the blob the TOC starts
   * @param format how the blob is laid out
   * @param contents what is in it
   */
  record Kept(long blobSize, long tocOffset, BlobFormat format, Contents contents) {}

  /** What is in a layer that was kept. */
  sealed interface Contents {

    /**
     * The tree, off the heap; its bytes were compared with their checksum.
     *
     * @param tocDigest of the TOC that it was made of
     */
    record Index(LayerTree tree, Digest tocDigest) implements Contents {}

    /** The TOC, to be verified again. Only where there is no index that can be used. */
    record Document(UnverifiedToc toc) implements Contents {}
  }

  private KeptLayers(Path directory) {
    this.directory = directory;
  }

  /**
   * Opens {@code <root>/layers}, and makes it if it isn't there.
   *
   * @throws IOException if it can't be made
   */
  public static KeptLayers open(Path root) throws IOException {
    return new KeptLayers(Files.createDirectories(root.resolve("layers")));
  }

  /**
   * Keeps a layer; does nothing if it is kept already with the same TOC. Nothing is forced to disk,
   * which would keep the mount waiting: see {@link #force(Digest)}. What a power failure has left
   * half written in between isn't taken for what was kept, since all of it is compared with a
   * digest or a checksum when it is read.
   *
   * @throws IOException if it can't be written
   */
  void keep(Digest layer, ResolvedLayer resolved) throws IOException {
    Path target = directory.resolve(layer.hex());
    if (isKept(target, resolved)) {
      return;
    }
    Path made = Files.createTempDirectory(directory, NEW);
    try {
      write(made.resolve(TOC), resolved.toc().json());
      write(made.resolve(INDEX), resolved.content().tree().index());
      write(made.resolve(FACTS), ByteBuffer.wrap(facts(resolved)));
      delete(target);
      Files.move(made, target, StandardCopyOption.ATOMIC_MOVE);
    } catch (FileAlreadyExistsException | DirectoryNotEmptyException e) {
      delete(made);
    } catch (IOException e) {
      delete(made);
      throw e;
    }
  }

  /**
   * Has what is kept of a layer survive a power failure from now on. Nothing happens if it isn't
   * kept any more.
   *
   * @throws IOException if the disk says that it can't
   */
  void force(Digest layer) throws IOException {
    Path kept = directory.resolve(layer.hex());
    try {
      for (String name : List.of(TOC, INDEX, FACTS)) {
        force(kept.resolve(name));
      }
      force(kept);
      force(directory);
    } catch (NoSuchFileException e) {
      // Its last mount has ended meanwhile.
    }
  }

  private static boolean isKept(Path target, ResolvedLayer resolved) {
    try {
      return index(target).isPresent()
          && JSON.readTree(readCapped(target.resolve(FACTS), MAX_FACTS_BYTES))
              .path("tocDigest")
              .asText("")
              .equals(resolved.toc().digest().toString());
    } catch (IOException e) {
      return false;
    }
  }

  private static byte[] facts(ResolvedLayer resolved) throws IOException {
    ObjectNode facts = JSON.createObjectNode();
    facts.put("blobSize", resolved.blobSize());
    facts.put("tocOffset", resolved.tocOffset());
    facts.put("tocDigest", resolved.toc().digest().toString());
    facts.put("format", resolved.format().id());
    return JSON.writeValueAsBytes(facts);
  }

  /**
   * What is kept of a layer; empty if nothing is.
   *
   * @throws IOException if it can't be read, or isn't what was written
   */
  Optional<Kept> find(Digest layer) throws IOException {
    Path kept = directory.resolve(layer.hex());
    try {
      JsonNode facts = JSON.readTree(readCapped(kept.resolve(FACTS), MAX_FACTS_BYTES));
      long tocOffset = facts.path("tocOffset").asLong(-1);
      long blobSize = facts.path("blobSize").asLong(-1);
      BlobFormat format = BlobFormat.ofId(facts.path("format").asText(""));
      Digest digest = Digest.parse(facts.path("tocDigest").asText(""));
      if (tocOffset < 0 || blobSize < tocOffset) {
        throw new IOException(kept + ": damaged");
      }
      Optional<LayerTree> tree = index(kept);
      Contents contents =
          tree.isPresent()
              ? new Contents.Index(tree.get(), digest)
              : new Contents.Document(toc(kept, tocOffset, digest));
      return Optional.of(new Kept(blobSize, tocOffset, format, contents));
    } catch (NoSuchFileException e) {
      return Optional.empty();
    } catch (IllegalArgumentException e) {
      throw new IOException(kept + ": damaged", e);
    }
  }

  private static UnverifiedToc toc(Path kept, long offset, Digest digest) throws IOException {
    UnverifiedToc toc = UnverifiedToc.of(readCapped(kept.resolve(TOC), TocJson.MAX_SIZE), offset);
    if (!toc.digest().equals(digest)) {
      throw new IOException(kept + ": damaged");
    }
    return toc;
  }

  /**
   * A kept layer's tree, off the heap; empty if it isn't kept, or not in a form that can be used.
   *
   * @throws IOException if it can't be read
   */
  Optional<LayerTree> tree(Digest layer) throws IOException {
    return index(directory.resolve(layer.hex()));
  }

  private static Optional<LayerTree> index(Path kept) throws IOException {
    try (FileChannel channel = FileChannel.open(kept.resolve(INDEX), StandardOpenOption.READ)) {
      return Optional.of(
          LayerTree.open(channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size())));
    } catch (NoSuchFileException | MalformedBlobException | IllegalArgumentException e) {
      return Optional.empty(); // of another version, or damaged: there is still the TOC
    }
  }

  /**
   * Drops a layer; that it isn't kept is no error.
   *
   * @throws IOException if it can't be deleted
   */
  void drop(Digest layer) throws IOException {
    delete(directory.resolve(layer.hex()));
  }

  /**
   * Drops every layer but these.
   *
   * @throws IOException if one can't be deleted
   */
  void dropAllBut(Set<Digest> layers) throws IOException {
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      for (Path entry : entries) {
        String name = entry.getFileName().toString();
        if (layers.stream().noneMatch(layer -> layer.hex().equals(name))) {
          delete(entry);
        }
      }
    }
  }

  private static void write(Path file, ByteBuffer bytes) throws IOException {
    try (FileChannel channel =
        FileChannel.open(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      while (bytes.hasRemaining()) {
        channel.write(bytes);
      }
    }
  }

  private static byte[] readCapped(Path file, int limit) throws IOException {
    long size = Files.size(file);
    if (size > limit) {
      throw new IOException(file + ": larger than " + limit + " bytes");
    }
    try (InputStream in = Files.newInputStream(file)) {
      return in.readNBytes((int) size);
    }
  }

  private static void delete(Path kept) throws IOException {
    Files.deleteIfExists(kept.resolve(FACTS));
    Files.deleteIfExists(kept.resolve(TOC));
    Files.deleteIfExists(kept.resolve(INDEX));
    Files.deleteIfExists(kept);
  }

  private static void force(Path fileOrDirectory) throws IOException {
    try (FileChannel channel = FileChannel.open(fileOrDirectory, StandardOpenOption.READ)) {
      channel.force(true);
    }
  }
}
