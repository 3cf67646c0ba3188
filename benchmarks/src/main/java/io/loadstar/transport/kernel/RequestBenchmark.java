package io.loadstar.transport.kernel;

import io.loadstar.benchmark.StoredLayer;
import io.loadstar.fs.LayerFileSystem;
import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.transport.Failures;
import io.loadstar.transport.kernel.FuseWire.InHeader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
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
 * What it costs to turn a request of the kernel's into its reply, all the way down to the content
 * store, without the device. Run with {@code -prof gc}: in steady state nothing may be allocated.
 * It stands in the transport's package to get at the protocol.
 */
@NullMarked
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class RequestBenchmark {

  private static final int FILES = 400;
  private static final int BIG = 16 << 20;
  private static final int ROOM = 68 << 10;
  private static final long ROOT = ReadOnlyFileSystem.ROOT;
  private static final long SEED = 20261121;
  private static final int NEWEST_MINOR = 45;
  private static final byte[] NOTHING = {};

  private final Frame request = new Frame(ROOM);
  private final Frame reply = new Frame(Agreement.MAX_READ);
  private Path work = Path.of("/nowhere");
  private @Nullable StoredLayer layer;
  private @Nullable FuseProtocol protocol;
  private @Nullable Exchange exchange;
  private final byte[][] names = new byte[FILES][];
  private final long[] inodes = new long[FILES];
  private final byte[] absent = name("not-there.so");
  private long big;
  private int next;

  /** A layer with its bytes in a store, and a protocol that has been through INIT. */
  @Setup(Level.Trial)
  public void open() throws Exception {
    work = Files.createTempDirectory(Path.of("/var/tmp"), "loadstar-requests");
    Path tree = Files.createDirectory(work.resolve("tree"));
    Random random = new Random(SEED);
    for (int i = 0; i < FILES; i++) {
      names[i] = name("file-" + i + ".so");
      Files.write(tree.resolve("file-" + i + ".so"), bytes(random, 8192));
    }
    Files.write(tree.resolve("big"), bytes(random, BIG));
    StoredLayer.build(tree, work);
    layer = StoredLayer.open(work, work.resolve("content"));
    LayerFileSystem files = layer.fileSystem();
    protocol =
        new FuseProtocol(
            files, new Failures(work), Agreement.Terms.USUAL, new BackingFiles(files, refusing()));
    exchange = new Exchange(files, request.bytes(), reply.bytes());
    for (int i = 0; i < FILES; i++) {
      inodes[i] = files.lookup(ROOT, withoutZero(names[i]));
    }
    big = files.lookup(ROOT, withoutZero(name("big")));
    ask(Opcode.INIT, 0, init());
  }

  private static BackingFiles.Registry refusing() {
    return new BackingFiles.Registry() {
      @Override
      public int register(int fd) {
        return -1;
      }

      @Override
      public void unregister(int id) {}
    };
  }

  /** Removes all of it. */
  @TearDown(Level.Trial)
  public void close() throws IOException {
    if (layer != null) {
      layer.close();
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

  /** A name that is there. */
  @Benchmark
  public int lookup() {
    return ask(Opcode.LOOKUP, ROOT, names[next++ % FILES]);
  }

  /** A name that isn't. */
  @Benchmark
  public int lookupOfNothing() {
    return ask(Opcode.LOOKUP, ROOT, absent);
  }

  /** The attributes of a file. */
  @Benchmark
  public int getattr() {
    return ask(Opcode.GETATTR, inodes[next++ % FILES], NOTHING);
  }

  /** A small file, whole: another each time. */
  @Benchmark
  public int readOfSmallFiles() {
    return read(inodes[next++ % FILES], 0, 8192);
  }

  /** A page somewhere in a big file. */
  @Benchmark
  public int readOfPage() {
    long page = (next++ * 7919L) % (BIG / Agreement.PAGE);
    return read(big, page * Agreement.PAGE, Agreement.PAGE);
  }

  /** What the kernel reads ahead. */
  @Benchmark
  public int readOfMebibyte() {
    return read(big, (long) (next++ % (BIG >> 20)) << 20, 1 << 20);
  }

  private int read(long inode, long offset, int size) {
    ByteBuffer buffer = header(Opcode.READ, inode, FuseWire.ReadIn.SIZE);
    buffer.putLong(InHeader.SIZE + FuseWire.ReadIn.OFFSET, offset);
    buffer.putInt(InHeader.SIZE + FuseWire.ReadIn.LENGTH, size);
    return answer(InHeader.SIZE + FuseWire.ReadIn.SIZE);
  }

  private int ask(int opcode, long node, byte[] body) {
    header(opcode, node, body.length).put(InHeader.SIZE, body);
    return answer(InHeader.SIZE + body.length);
  }

  private ByteBuffer header(int opcode, long node, int body) {
    ByteBuffer buffer = request.bytes().clear();
    buffer.putInt(InHeader.LENGTH, InHeader.SIZE + body);
    buffer.putInt(InHeader.OPCODE, opcode);
    buffer.putLong(InHeader.UNIQUE, 2);
    buffer.putLong(InHeader.NODE, node);
    return buffer;
  }

  private int answer(int length) {
    if (exchange == null || protocol == null) {
      throw new IllegalStateException("not set up");
    }
    exchange.received(length);
    int answered = protocol.answer(exchange);
    if (answered <= FuseWire.OutHeader.SIZE) {
      throw new IllegalStateException("answered " + answered);
    }
    return answered;
  }

  private static byte[] init() {
    ByteBuffer body = ByteBuffer.allocate(FuseWire.InitIn.SIZE).order(ByteOrder.LITTLE_ENDIAN);
    body.putInt(FuseWire.InitIn.MAJOR, FuseWire.MAJOR);
    body.putInt(FuseWire.InitIn.MINOR, NEWEST_MINOR);
    body.putInt(FuseWire.InitIn.FLAGS, -1);
    return body.array();
  }

  private static byte[] bytes(Random random, int size) {
    byte[] bytes = new byte[size];
    random.nextBytes(bytes);
    return bytes;
  }

  private static byte[] name(String name) {
    return (name + "\0").getBytes(StandardCharsets.UTF_8);
  }

  private static ByteBuffer withoutZero(byte[] name) {
    return ByteBuffer.wrap(name, 0, name.length - 1);
  }
}
