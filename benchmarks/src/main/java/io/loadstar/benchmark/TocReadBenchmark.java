package io.loadstar.benchmark;

import static java.nio.charset.StandardCharsets.UTF_8;

import io.loadstar.blob.Digest;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.LayerTree;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import io.loadstar.toc.TocJson;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What a mount costs between the network and the tree: a TOC hashed, read, and made into a tree.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TocReadBenchmark {

  private static final int FILES_IN_A_DIRECTORY = 50;
  private static final int FILE_BYTES = 10_000;

  /** Regular files of the layer, each of one chunk. */
  @Param({"1000", "50000"})
  public int files;

  private byte[] json = {};
  private Toc toc = new Toc(Toc.VERSION, List.of());
  private long end;

  /** Writes the TOC of a layer as the builder would. */
  @Setup(Level.Trial)
  public void write() throws IOException {
    List<TocEntry> entries = new ArrayList<>();
    for (int i = 0; i < files; i++) {
      String directory = "usr/lib/component-" + i / FILES_IN_A_DIRECTORY + "/";
      if (i % FILES_IN_A_DIRECTORY == 0) {
        entries.add(TocEntry.of(directory, EntryType.DIRECTORY).mode(0755).build());
      }
      Digest digest = Digest.of(Integer.toString(i).getBytes(UTF_8));
      entries.add(
          TocEntry.of(directory + "module-" + i + ".so", EntryType.REGULAR)
              .mode(0644)
              .size(FILE_BYTES)
              .offset(end)
              .digest(digest)
              .chunkDigest(digest)
              .build());
      end += FILE_BYTES / 2;
    }
    toc = new Toc(Toc.VERSION, entries);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    TocJson.write(toc, out);
    json = out.toByteArray();
  }

  /** Hashes the document, which is compared with the manifest's digest. */
  @Benchmark
  public Digest hash() {
    return Digest.of(json);
  }

  /** Reads the document. */
  @Benchmark
  public Toc read() throws MalformedBlobException {
    return TocJson.read(json, end);
  }

  /** Checks the rows, and makes a tree of them. */
  @Benchmark
  public LayerTree tree() throws MalformedBlobException {
    return LayerTree.of(toc, end);
  }
}
