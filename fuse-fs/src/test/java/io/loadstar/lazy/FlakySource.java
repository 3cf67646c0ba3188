package io.loadstar.lazy;

import io.loadstar.blob.BlobSource;
import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.util.List;
import java.util.Random;

/** A blob in memory whose answers are refused, break off or are wrong now and then. Thread-safe. */
final class FlakySource implements BlobSource {

  private static final int REFUSED_OF_100 = 3;
  private static final int CUT_OF_100 = 5;
  private static final int SPOILT_OF_100 = 2;

  private final TestLayer layer;
  private final Digest digest;
  private final Random random;

  FlakySource(TestLayer layer, Random random) {
    this.layer = layer;
    this.digest = layer.digest();
    this.random = random;
  }

  @Override
  public Digest digest() {
    return digest;
  }

  @Override
  public long size() {
    return layer.blob().length;
  }

  @Override
  public void readRanges(List<ByteRange> ranges, RangeReceiver receiver) throws IOException {
    for (ByteRange range : ranges) {
      int dice = random.nextInt(100);
      if (dice < REFUSED_OF_100) {
        throw new IOException("the test refuses");
      }
      byte[] bytes = new byte[(int) range.length()];
      System.arraycopy(layer.blob(), (int) range.offset(), bytes, 0, bytes.length);
      int length = bytes.length;
      if (dice < REFUSED_OF_100 + CUT_OF_100) {
        length = random.nextInt(bytes.length);
      } else if (dice < REFUSED_OF_100 + CUT_OF_100 + SPOILT_OF_100) {
        bytes[random.nextInt(bytes.length)] ^= (byte) (1 + random.nextInt(255));
      }
      receiver.receive(range, new ByteArrayInputStream(bytes, 0, length));
    }
  }

  @Override
  public void check() {}

  @Override
  public void close() {}
}
