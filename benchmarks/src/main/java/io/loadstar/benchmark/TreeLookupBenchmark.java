package io.loadstar.benchmark;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.layer.LayerTree;
import io.loadstar.toc.EntryType;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocEntry;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
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
 * What a LOOKUP costs in the tree: the most frequent question of all, asked once for each component
 * of each path that is opened. Run with {@code -prof gc}: it has to allocate nothing.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class TreeLookupBenchmark {

  private static final int DIRECTORIES = 100;
  private static final int NAMES = 1024;
  private static final long SEED = 20261120;

  /** Files in each of the hundred directories. */
  @Param({"10", "2000"})
  public int files;

  private LayerTree tree = treeOf(1);
  private long[] parents = {};
  private ByteBuffer[] names = {};
  private ByteBuffer absent = ByteBuffer.allocate(0);
  private int next;

  /** Makes the tree, and a series of names in it in no order. */
  @Setup(Level.Trial)
  public void build() {
    tree = treeOf(files);
    Random random = new Random(SEED);
    parents = new long[NAMES];
    names = new ByteBuffer[NAMES];
    for (int i = 0; i < NAMES; i++) {
      parents[i] = tree.lookup(LayerTree.ROOT, utf8(directory(random.nextInt(DIRECTORIES))));
      names[i] = utf8(file(random.nextInt(files)));
    }
    absent = utf8("libnot-there.so.6");
  }

  /** A name that is there. */
  @Benchmark
  public long hit() {
    int i = next++ & (NAMES - 1);
    return tree.lookup(parents[i], names[i]);
  }

  /** A name that isn't: what a search along PATH or a library path mostly asks. */
  @Benchmark
  public long miss() {
    int i = next++ & (NAMES - 1);
    return tree.lookup(parents[i], absent);
  }

  private static LayerTree treeOf(int files) {
    List<TocEntry> entries = new ArrayList<>();
    for (int d = 0; d < DIRECTORIES; d++) {
      entries.add(TocEntry.of(directory(d) + "/", EntryType.DIRECTORY).mode(0755).build());
      for (int f = 0; f < files; f++) {
        entries.add(
            TocEntry.of(directory(d) + "/" + file(f), EntryType.REGULAR).mode(0644).build());
      }
    }
    try {
      return LayerTree.of(new Toc(Toc.VERSION, entries), 0);
    } catch (MalformedBlobException e) {
      throw new IllegalStateException("the benchmark's own tree", e);
    }
  }

  private static String directory(int number) {
    return "directory-" + number;
  }

  private static String file(int number) {
    return "lib" + Integer.toString(number, 36) + "-component.so." + number % 7;
  }

  private static ByteBuffer utf8(String text) {
    return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
  }
}
