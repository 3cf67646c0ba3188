package io.loadstar.build;

import io.loadstar.blob.ByteRange;
import io.loadstar.blob.Digest;
import io.loadstar.toc.Toc;
import io.loadstar.toc.TocJson;
import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.util.Optional;

/**
 * A TOC whose JSON stands in the spool: that of 200,000 files has 100 MB. Immutable.
 *
 * @param json where in the spool it is
 * @param digest of it
 */
record SpooledToc(ByteRange json, Digest digest) {

  private static final int BUFFER = 1 << 18;

  /**
   * Writes {@code toc} behind all else that is in {@code spool}.
   *
   * @throws IOException if it can't be written
   */
  static SpooledToc of(Toc toc, TarSpool spool) throws IOException {
    Appender appender = new Appender(spool);
    try (OutputStream out = new BufferedOutputStream(appender, BUFFER)) {
      TocJson.write(toc, out);
    }
    return new SpooledToc(
        new ByteRange(appender.end - appender.size, appender.size), Digest.finish(appender.hash));
  }

  /**
   * It, once it is written into the blob.
   *
   * @param place where there
   * @param compressed what it has become
   * @param external that, if it goes into another image
   */
  WrittenToc written(ByteRange place, byte[] compressed, Optional<ByteBuffer> external) {
    return new WrittenToc(digest, json.length(), place, Digest.of(compressed), external);
  }

  private static final class Appender extends OutputStream {

    private final TarSpool spool;
    private final MessageDigest hash = Digest.newHash();
    private long size;
    private long end;

    Appender(TarSpool spool) {
      this.spool = spool;
    }

    @Override
    public void write(int one) throws IOException {
      write(new byte[] {(byte) one}, 0, 1);
    }

    @Override
    public void write(byte[] bytes, int start, int count) throws IOException {
      hash.update(bytes, start, count);
      size += count;
      end = spool.append(ByteBuffer.wrap(bytes, start, count));
    }
  }
}
