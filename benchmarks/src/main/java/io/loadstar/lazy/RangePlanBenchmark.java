package io.loadstar.lazy;

import io.loadstar.benchmark.StoredLayer;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.NullMarked;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What it costs to decide which bytes one request fetches. It is done once for each request to a
 * registry, so it may allocate; it stands in the planner's package to get at it.
 */
@NullMarked
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RangePlanBenchmark {

  private static final int FILES = 1000;
  private static final int FILE_BYTES = 8192;
  private static final int CLAIMED = 64;
  private static final long SEED = 20261121;

  private final RangePlanner planner = new RangePlanner(LazyOptions.DEFAULT.fetchAtLeast());
  private final List<Flight> near = new ArrayList<>();
  private final List<Flight> scattered = new ArrayList<>();
  private Path work = Path.of("/nowhere");
  private @Nullable StoredLayer stored;
  private int members;

  /** A layer of a thousand members. */
  @Setup(Level.Trial)
  public void open() throws Exception {
    work = Files.createTempDirectory(Path.of("/var/tmp"), "loadstar-plans");
    Path tree = Files.createDirectory(work.resolve("tree"));
    Random random = new Random(SEED);
    byte[] bytes = new byte[FILE_BYTES];
    for (int i = 0; i < FILES; i++) {
      random.nextBytes(bytes);
      Files.write(tree.resolve("file-" + i), bytes);
    }
    StoredLayer.build(tree, work);
    StoredLayer opened = StoredLayer.open(work, work.resolve("content"));
    stored = opened;
    members = opened.layer().index().members();
    for (int i = 0; i < CLAIMED; i++) {
      near.add(new Flight(opened.layer(), i, Urgency.ON_DEMAND));
      scattered.add(new Flight(opened.layer(), i * (members / CLAIMED), Urgency.ON_DEMAND));
    }
  }

  /** Removes all of it. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    if (stored != null) {
      stored.close();
    }
    try (var paths = Files.walk(work)) {
      paths
          .sorted(Comparator.reverseOrder())
          .forEach(path -> {
            try {
              Files.delete(path);
            } catch (IOException e) {
              throw new UncheckedIOException(e);
            }
          });
    }
  }

  /** 64 members that lie side by side: one request. */
  @Benchmark
  public Object runsOfNeighbours() {
    return planner.runsOf(near);
  }

  /** 64 members all over the layer. */
  @Benchmark
  public Object runsOfScattered() {
    return planner.runsOf(scattered);
  }

  /** How far the background fetch's next request goes: to the end of the layer, here. */
  @Benchmark
  public int endOfLayer() {
    if (stored == null) {
      throw new IllegalStateException("not set up");
    }
    return planner.endOf(
        stored.layer(), new RangePlanner.Start(0, Long.MAX_VALUE), member -> member < members);
  }
}
