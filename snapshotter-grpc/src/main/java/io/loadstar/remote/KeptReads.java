package io.loadstar.remote;

import io.loadstar.blob.Digest;
import io.loadstar.lazy.LearntReads;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32C;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What starts read of each layer, on disk. Thread-safe; the lock is held while a small file is
 * written.
 *
 * <pre>
 * &lt;root&gt;/reads/
 *   &lt;hex of the blob's digest&gt;   see docs/formats.md, "What a start read"
 *   new-&lt;random&gt;                 being written; removed when it is found at start
 * </pre>
 *
 * <p>A file outlives its layer, since it is for the next time that it is mounted; of more than
 * {@value #MAX_LAYERS} those that were learnt first go. Nothing is forced to disk: a file has a
 * checksum, and one that is damaged is as good as none. What can't be read or written is logged,
 * and is as good as none as well.
 */
public final class KeptReads implements LearntReads {

  private static final Logger log = LoggerFactory.getLogger(KeptReads.class);

  /** Files that are kept, of 33 kB at most. */
  static final int MAX_LAYERS = 1024;

  private static final String NEW = "new-";

  /** "LSREADS" and the version. */
  private static final long MAGIC = 0x4c53524541445301L;

  /** Magic and count. */
  private static final int HEAD_BYTES = Long.BYTES + Integer.BYTES;

  private static final int MAX_BYTES = HEAD_BYTES + MAX_MEMBERS * Long.BYTES + Integer.BYTES;

  private final Path directory;
  private final Object lock = new Object();

  private KeptReads(Path directory) {
    this.directory = directory;
  }

  /**
   * Opens {@code <root>/reads}, and makes it if it isn't there.
   *
   * @throws IOException if it can't be made or read
   */
  public static KeptReads open(Path root) throws IOException {
    KeptReads reads = new KeptReads(Files.createDirectories(root.resolve("reads")));
    for (Path file : reads.files()) {
      if (file.getFileName().toString().startsWith(NEW)) {
        Files.deleteIfExists(file);
      }
    }
    return reads;
  }

  @Override
  public List<Long> of(Digest layer) {
    Path file = directory.resolve(layer.hex());
    try (InputStream in = Files.newInputStream(file)) {
      return parse(in.readNBytes(MAX_BYTES + 1));
    } catch (NoSuchFileException e) {
      return List.of();
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("layer", layer)
          .addKeyValue("error", e.toString())
          .log("what was read of the layer can't be used");
      return List.of();
    }
  }

  private static List<Long> parse(byte[] bytes) throws IOException {
    ByteBuffer in = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    if (bytes.length < HEAD_BYTES + Integer.BYTES || in.getLong() != MAGIC) {
      throw new IOException("damaged");
    }
    int count = in.getInt();
    if (count < 0
        || count > MAX_MEMBERS
        || in.remaining() != count * Long.BYTES + Integer.BYTES
        || in.getInt(bytes.length - Integer.BYTES) != checksum(bytes)) {
      throw new IOException("damaged");
    }
    List<Long> members = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      members.add(in.getLong());
    }
    return members;
  }

  /** Of all but the last four bytes, where it stands. */
  private static int checksum(byte[] bytes) {
    CRC32C sum = new CRC32C();
    sum.update(bytes, 0, bytes.length - Integer.BYTES);
    return (int) sum.getValue();
  }

  /** What an earlier start read stays, behind what this one did, as far as there is room. */
  @Override
  public void learn(Digest layer, List<Long> members) {
    Set<Long> all = new LinkedHashSet<>(members);
    synchronized (lock) {
      List<Long> before = of(layer);
      all.addAll(before);
      if (all.size() == before.size()) {
        return;
      }
      try {
        write(layer, all.stream().limit(MAX_MEMBERS).toList());
        dropOldest();
      } catch (IOException e) {
        log.atWarn()
            .addKeyValue("layer", layer)
            .addKeyValue("error", e.toString())
            .log("what was read of the layer can't be kept");
      }
    }
  }

  private void write(Digest layer, List<Long> members) throws IOException {
    byte[] bytes = new byte[HEAD_BYTES + members.size() * Long.BYTES + Integer.BYTES];
    ByteBuffer out = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    out.putLong(MAGIC).putInt(members.size());
    members.forEach(out::putLong);
    out.putInt(checksum(bytes));
    Path made = Files.createTempFile(directory, NEW, "");
    try {
      Files.write(made, bytes);
      Files.move(made, directory.resolve(layer.hex()), StandardCopyOption.ATOMIC_MOVE);
    } finally {
      Files.deleteIfExists(made);
    }
  }

  private void dropOldest() throws IOException {
    List<Path> files = files();
    if (files.size() <= MAX_LAYERS) {
      return;
    }
    record Aged(Path file, FileTime time) {}
    List<Aged> aged = new ArrayList<>(files.size());
    for (Path file : files) {
      aged.add(new Aged(file, Files.getLastModifiedTime(file)));
    }
    aged.sort(Comparator.comparing(Aged::time));
    for (Aged old : aged.subList(0, files.size() - MAX_LAYERS)) {
      Files.deleteIfExists(old.file);
    }
  }

  private List<Path> files() throws IOException {
    List<Path> files = new ArrayList<>();
    try (DirectoryStream<Path> entries = Files.newDirectoryStream(directory)) {
      entries.forEach(files::add);
    }
    return files;
  }
}
