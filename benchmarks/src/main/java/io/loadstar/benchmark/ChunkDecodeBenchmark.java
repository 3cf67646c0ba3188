package io.loadstar.benchmark;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.format.BlobFormat;
import io.loadstar.format.ChunkDecoder;
import io.loadstar.format.StargzFooter;
import io.loadstar.layer.Chunk;
import io.loadstar.layer.FileChunk;
import io.loadstar.layer.Member;
import io.loadstar.linux.LibDeflate;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
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
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * What an on-demand read costs between the network and the store: a member inflated, its chunk
 * hashed and compared. {@link #hash} is the part that no decoder can save.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
public class ChunkDecodeBenchmark {

  private static final long SEED = 20261120;
  private static final int WORDS = 2048;
  private static final BlobFormat FORMAT = new BlobFormat.EStargz(StargzFooter.LEGACY);

  /**
   * Uncompressed bytes of the chunk: a small file's, and the largest that is written by default.
   */
  @Param({"4096", "65536", "4194304"})
  public int chunkBytes;

  private byte[] plain = {};
  private byte[] compressed = {};
  private ChunkDecoder decoder = ChunkDecoder.of(FORMAT);
  private ChunkDecoder atOnce = ChunkDecoder.of(FORMAT, LibDeflate.decoder());
  private Member member = new Member(new ByteRange(0, 1), List.of(none()));

  /** Bytes that compress to about a third, as programs and libraries do. */
  @Setup(Level.Trial)
  public void compress() throws IOException {
    plain = programLike(chunkBytes);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(plain);
    }
    compressed = out.toByteArray();
    ByteRange range = new ByteRange(0, compressed.length);
    Chunk chunk = new Chunk(0, chunkBytes, range, 0, Digest.of(plain));
    member = new Member(range, List.of(new FileChunk(2, chunk)));
  }

  @TearDown(Level.Trial)
  public void close() {
    decoder.close();
    atOnce.close();
  }

  /** Inflates and verifies one chunk. */
  @Benchmark
  public long decodeAndVerify() throws IOException {
    Received received = new Received();
    decoder.decode(compressed, member, received);
    return received.bytes;
  }

  /** The same by the system's libdeflate; without one it is the same as above. */
  @Benchmark
  public long decodeAtOnceAndVerify() throws IOException {
    Received received = new Received();
    atOnce.decode(compressed, member, received);
    return received.bytes;
  }

  /** Hashes the same bytes, and nothing else. */
  @Benchmark
  public Digest hash() {
    return Digest.of(ByteBuffer.wrap(plain));
  }

  private static FileChunk none() {
    return new FileChunk(2, new Chunk(0, 1, new ByteRange(0, 1), 0, null));
  }

  /** Random words out of a small vocabulary, which gzip shortens to about a third. */
  private static byte[] programLike(int size) {
    Random random = new Random(SEED);
    byte[][] vocabulary = new byte[WORDS][];
    for (int i = 0; i < WORDS; i++) {
      vocabulary[i] = new byte[3 + random.nextInt(8)];
      random.nextBytes(vocabulary[i]);
    }
    ByteBuffer bytes = ByteBuffer.allocate(size);
    while (bytes.hasRemaining()) {
      byte[] word =
          vocabulary[(int) Math.min(WORDS - 1, Math.abs(random.nextGaussian()) * WORDS / 4)];
      bytes.put(word, 0, Math.min(word.length, bytes.remaining()));
    }
    return bytes.array();
  }

  private static final class Received implements ChunkDecoder.ChunkReceiver {
    private long bytes;

    @Override
    public void receive(FileChunk chunk, ByteBuffer content) {
      bytes += content.remaining();
    }
  }
}
