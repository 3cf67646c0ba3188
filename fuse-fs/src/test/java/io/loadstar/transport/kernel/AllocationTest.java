package io.loadstar.transport.kernel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.loadstar.cache.DiskContentStore;
import io.loadstar.cache.SharingDomain;
import io.loadstar.fs.LayerFileSystem;
import io.loadstar.lazy.LazyLayer;
import io.loadstar.lazy.LazyNode;
import io.loadstar.lazy.LazyOptions;
import io.loadstar.lazy.TestLayer;
import io.loadstar.transport.Failures;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What is answered from the store makes no garbage, once it is compiled: all the way from a request
 * to its reply. (RequestBenchmark says it more exactly.)
 */
final class AllocationTest {

  private static final int FILES = 200; // more than a layer keeps names of
  private static final int SIZE = 5000;
  private static final int BIG = 3_000_000;
  private static final int REQUESTS = 10_000;

  /** Of 10,000 requests: what a table's or the compiler's own doings may take. */
  private static final long MOST_BYTES = REQUESTS;

  private static final Duration LIMIT = Duration.ofSeconds(60);

  @TempDir Path folder;

  private final Frame request = new Frame(8192);
  private final Frame reply = new Frame(Agreement.MAX_READ);
  private final long[] inodes = new long[FILES];
  private long big;
  private DiskContentStore store;
  private LazyNode node;
  private LazyLayer layer;
  private FuseProtocol protocol;
  private Exchange exchange;

  @BeforeEach
  void fill() throws Exception {
    TestLayer.Builder builder = TestLayer.builder().chunkSize(1 << 20);
    Random random = new Random(1);
    for (int i = 0; i < FILES; i++) {
      builder.file("file-" + i, TestLayer.randomBytes(random, SIZE));
    }
    TestLayer built = builder.file("big", TestLayer.randomBytes(random, BIG)).build();
    store = DiskContentStore.open(folder.resolve("store"), DiskContentStore.Bounds.DEFAULT);
    node = LazyNode.start(store, LazyOptions.DEFAULT.withBackground(Optional.empty()));
    layer = node.open(built.content(built.source()), SharingDomain.SHARED);
    LayerFileSystem files = LayerFileSystem.of(layer);
    for (int i = 0; i < FILES; i++) {
      inodes[i] = built.file("file-" + i).number();
      read(inodes[i], SIZE);
    }
    big = built.file("big").number();
    read(big, BIG);
    protocol =
        new FuseProtocol(
            files,
            new Failures(folder),
            Agreement.Terms.USUAL,
            new BackingFiles(files, new TestRegistry()));
    exchange = new Exchange(files, request.bytes(), reply.bytes());
  }

  private void read(long inode, int size) throws Exception {
    CompletableFuture<Integer> end = new CompletableFuture<>();
    layer.read(
        inode,
        0,
        ByteBuffer.allocate(size),
        (count, failure) -> {
          if (failure == null) {
            end.complete(count);
          } else {
            end.completeExceptionally(failure);
          }
        });
    assertEquals(size, end.get(LIMIT.toSeconds(), TimeUnit.SECONDS));
  }

  @AfterEach
  void close() throws Exception {
    layer.close();
    node.close();
    store.close();
  }

  @Test
  void readsOfManySmallFilesMakeNoGarbage() {
    assertNoGarbage(SIZE, i -> read(inodes[i % FILES], 0, SIZE));
  }

  @Test
  void readsOfPagesOfOneFileMakeNoGarbage() {
    assertNoGarbage(4096, i -> read(big, (i * 7919L % (BIG / 4096)) * 4096, 4096));
  }

  private static void assertNoGarbage(int length, IntUnaryOperator ask) {
    ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long end = System.nanoTime() + LIMIT.toNanos();
    long made = Long.MAX_VALUE;
    while (made > MOST_BYTES && System.nanoTime() < end) {
      long before = threads.getCurrentThreadAllocatedBytes();
      for (int i = 0; i < REQUESTS; i++) {
        if (ask.applyAsInt(i) != FuseWire.OutHeader.SIZE + length) {
          throw new AssertionError("request " + i + " isn't answered");
        }
      }
      made = threads.getCurrentThreadAllocatedBytes() - before;
    }
    long last = made;
    assertTrue(last <= MOST_BYTES, () -> last + " bytes for " + REQUESTS + " requests");
  }

  private int read(long inode, long offset, int size) {
    ByteBuffer bytes = request.bytes().clear();
    int length = FuseWire.InHeader.SIZE + FuseWire.ReadIn.SIZE;
    bytes.putInt(FuseWire.InHeader.LENGTH, length);
    bytes.putInt(FuseWire.InHeader.OPCODE, Opcode.READ);
    bytes.putLong(FuseWire.InHeader.UNIQUE, 2);
    bytes.putLong(FuseWire.InHeader.NODE, inode);
    bytes.putLong(FuseWire.InHeader.SIZE + FuseWire.ReadIn.OFFSET, offset);
    bytes.putInt(FuseWire.InHeader.SIZE + FuseWire.ReadIn.LENGTH, size);
    exchange.received(length);
    return protocol.answer(exchange);
  }
}
