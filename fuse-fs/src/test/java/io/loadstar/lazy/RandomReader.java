package io.loadstar.lazy;

import io.loadstar.cache.ContentStore;
import io.loadstar.cache.DiskContentStore;
import io.loadstar.cache.ObjectKey;
import io.loadstar.cache.Quota;
import io.loadstar.cache.SharingDomain;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A process that reads around in a layer, over a source that fails and a store that is too small
 * and full now and then, and compares each byte with the plain content. It prints how many reads
 * were right every {@value #TOLD_EVERY}, and ends with status {@value #WRONG} at the first that
 * isn't.
 */
final class RandomReader {

  static final int WRONG = 3;
  static final int TOLD_EVERY = 500;

  private static final long LAYER_SEED = 20261121;
  private static final int FILES = 250;
  private static final int CHUNK = 20_000;
  private static final long QUOTA = 60L * CHUNK;
  private static final int READERS = 6;
  private static final int TRIES = 1000;

  private final LazyLayer lazy;
  private final TestLayer layer;
  private final List<String> paths;
  private final AtomicLong right = new AtomicLong();

  private RandomReader(LazyLayer lazy, TestLayer layer) {
    this.lazy = lazy;
    this.layer = layer;
    this.paths = new ArrayList<>(layer.files().keySet());
  }

  /**
   * @param arguments the store's directory, the seed, how many reads
   */
  public static void main(String[] arguments) throws Exception {
    Random random = new Random(Long.parseLong(arguments[1]));
    long reads = Long.parseLong(arguments[2]);
    TestLayer layer = layer();
    LazyOptions options =
        new LazyOptions(
            Duration.ofSeconds(30),
            8L << 20,
            50_000,
            500_000,
            0,
            Duration.ofMillis(1),
            Optional.of(
                LazyOptions.Background.after(Duration.ZERO)
                    .with(LazyOptions.Background.WhenBusy.GO_ON)),
            2);
    try (ContentStore store =
            new FullNowAndThen(
                DiskContentStore.open(
                    Path.of(arguments[0]),
                    DiskContentStore.Bounds.DEFAULT.withQuota(new Quota(QUOTA, 0))),
                new Random(random.nextLong()));
        LazyNode node = LazyNode.start(store, options);
        LazyLayer lazy =
            node.open(
                new LazyLayer.Content(
                    layer.tree(),
                    TestLayer.FORMAT,
                    new FlakySource(layer, new Random(random.nextLong()))),
                SharingDomain.SHARED)) {
      lazy.fetchInBackground();
      new RandomReader(lazy, layer).readAll(reads, random);
    }
  }

  /** The same in each process. */
  private static TestLayer layer() {
    Random random = new Random(LAYER_SEED);
    TestLayer.Builder builder = TestLayer.builder().chunkSize(CHUNK).memberSize(CHUNK / 2);
    for (int i = 0; i < FILES; i++) {
      int size = random.nextInt(3) == 0 ? random.nextInt(4 * CHUNK) : random.nextInt(2000);
      builder.file("d" + i % 9 + "/f" + i, TestLayer.randomBytes(random, size));
    }
    return builder.build();
  }

  private void readAll(long reads, Random random) throws Exception {
    List<Thread> readers = new ArrayList<>();
    for (int i = 0; i < READERS; i++) {
      Random own = new Random(random.nextLong());
      readers.add(Thread.ofPlatform().start(() -> readUntil(reads, own)));
    }
    for (Thread reader : readers) {
      reader.join();
    }
    System.out.println(right.get());
  }

  private void readUntil(long reads, Random dice) {
    try {
      while (right.get() < reads) {
        if (dice.nextInt(4) == 0) {
          readSome(paths.get(dice.nextInt(paths.size())), dice);
        } else { // a stretch in the blob's order
          int first = dice.nextInt(paths.size());
          for (int i = first; i < Math.min(paths.size(), first + 10); i++) {
            readSome(paths.get(i), dice);
          }
        }
      }
    } catch (Exception e) {
      System.err.println(e);
      Runtime.getRuntime().halt(WRONG);
    }
  }

  private void readSome(String path, Random dice) throws Exception {
    byte[] content = layer.content(path);
    int offset = dice.nextInt(content.length + 1);
    int length = dice.nextInt(2 * CHUNK);
    byte[] expected =
        Arrays.copyOfRange(content, offset, Math.min(content.length, offset + length));
    byte[] actual = patiently(path, offset, length);
    if (!Arrays.equals(expected, actual)) {
      throw new AssertionError(path + " from " + offset + ", " + length + " bytes: wrong");
    }
    long count = right.incrementAndGet();
    if (count % TOLD_EVERY == 0) {
      System.out.println(count);
    }
  }

  /** A read may fail, as its source does; asked again often enough it has to succeed. */
  private byte[] patiently(String path, int offset, int length) throws Exception {
    for (int i = 0; ; i++) {
      try {
        return Reading.read(lazy, layer.file(path), offset, length);
      } catch (ExecutionException e) {
        if (i == TRIES) {
          throw e;
        }
      }
    }
  }

  /** A store on a disk that is full for others' sake now and then. */
  private record FullNowAndThen(ContentStore store, Random random) implements ContentStore {

    private static final int FULL_OF_100 = 5;

    @Override
    public boolean put(ObjectKey key, ByteBuffer bytes) {
      return random.nextInt(100) >= FULL_OF_100 && store.put(key, bytes);
    }

    @Override
    public int tryRead(ObjectKey key, long offset, ByteBuffer destination) {
      return store.tryRead(key, offset, destination);
    }

    @Override
    public int read(ObjectKey key, long offset, ByteBuffer destination) {
      return store.read(key, offset, destination);
    }

    @Override
    public boolean contains(ObjectKey key) {
      return store.contains(key);
    }

    @Override
    public Optional<FileRegion> locate(ObjectKey key) {
      return store.locate(key);
    }

    @Override
    public boolean hasRoom(long bytes) {
      return store.hasRoom(bytes);
    }

    @Override
    public Usage usage() {
      return store.usage();
    }

    @Override
    public void close() throws IOException {
      store.close();
    }
  }
}
