package io.loadstar.benchmark;

import io.loadstar.rig.Checkout;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.LocalDate;
import java.time.ZoneOffset;
import java.util.Collection;
import java.util.Locale;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * Runs all JMH benchmarks with the allocation profiler, and writes {@value #PAGE}: what {@code
 * bin/benchmark --document} does.
 */
public final class MicroReport {

  private static final String PAGE = "docs/micro-benchmarks.md";
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  /** Less in each call is the profiler's own doing, of which it takes a share for each call. */
  private static final double NOTHING = 1;

  private MicroReport() {}

  /** See the class. */
  public static void main(String[] arguments) throws IOException, RunnerException {
    String load = Files.readString(Path.of("/proc/loadavg")).split(" ", 2)[0];
    Collection<RunResult> results =
        new Runner(new OptionsBuilder().addProfiler(GCProfiler.class).build()).run();
    Files.writeString(Checkout.found().root().resolve(PAGE), page(results, load));
  }

  private static String page(Collection<RunResult> results, String load) {
    StringBuilder rows = new StringBuilder();
    results.forEach(result -> rows.append(row(result)));
    return """
    # What the hot paths cost

    Written by `bin/benchmark --document`, %s; %d processors, load %s when it began; Java %s. Each is a JMH benchmark in its own JVM, five measurements
    of a second after three to warm up, with `-prof gc`: the last column is what one call allocates on the heap. A request that is answered from the
    store allocates nothing in steady state: the rows of `RequestBenchmark` and `TreeLookupBenchmark` hold that, and `AllocationTest` tests it.

    | benchmark | what | time | ± (99.9 %%) | unit | bytes allocated |
    |---|---|---:|---:|---|---:|
    %s
    - `TocReadBenchmark`: a TOC of so many files hashed, read, and made into a tree.
    - `TreeLookupBenchmark`: a name looked up in a layer of a hundred directories with so many files each.
    - `ChunkDecodeBenchmark`: a chunk of so many bytes inflated, hashed and compared; `decodeAtOnceAndVerify` by the system's libdeflate; `hash` is the part that no decoder can save.
    - `RangePlanBenchmark`: what shares a request, of 64 members that are wanted at once; how far a request through a layer of a thousand members goes.
    - `RequestBenchmark`: a request of the kernel's turned into its reply, down to the content store, without the device.
    """
        .formatted(
            LocalDate.now(ZoneOffset.UTC),
            Runtime.getRuntime().availableProcessors(),
            load,
            Runtime.version(),
            rows);
  }

  private static String row(RunResult result) {
    String name = result.getParams().getBenchmark();
    int method = name.lastIndexOf('.');
    String type = name.substring(name.lastIndexOf('.', method - 1) + 1, method);
    StringBuilder what = new StringBuilder(name.substring(method + 1));
    for (String key : result.getParams().getParamsKeys()) {
      what.append(", ").append(key).append(' ').append(result.getParams().getParam(key));
    }
    Result<?> time = result.getPrimaryResult();
    Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
    return String.format(
        Locale.ROOT,
        "| %s | %s | %.1f | %.1f | %s | %s |%n",
        type,
        what,
        time.getScore(),
        time.getScoreError(),
        time.getScoreUnit(),
        allocated == null ? "?" : bytes(allocated.getScore()));
  }

  private static String bytes(double allocated) {
    return allocated < NOTHING ? "0" : String.format(Locale.ROOT, "%,.0f", allocated);
  }
}
