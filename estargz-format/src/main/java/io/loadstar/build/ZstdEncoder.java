package io.loadstar.build;

import com.github.luben.zstd.EndDirective;
import com.github.luben.zstd.ZstdCompressCtx;
import io.loadstar.deflate.BitOutput;
import java.nio.ByteBuffer;

/**
 * Makes zstd frames, with their content's size and checksum in them (RFC 8878, section 3.1.1). Not
 * thread-safe.
 */
final class ZstdEncoder implements MemberEncoder {

  private static final int WINDOW = 64 << 10;

  private final BitOutput output;
  private final ZstdCompressCtx context = new ZstdCompressCtx();

  /** The library takes nothing but direct buffers; both are empty between calls. */
  private final ByteBuffer source = ByteBuffer.allocateDirect(WINDOW);

  private final ByteBuffer target = ByteBuffer.allocateDirect(WINDOW);
  private final byte[] made = new byte[WINDOW];

  ZstdEncoder(int level, BitOutput output) {
    this.output = output;
    context.setLevel(level).setChecksum(true).setContentSize(true);
  }

  @Override
  public void begin(long size) {
    context.setPledgedSrcSize(size);
  }

  @Override
  public void add(byte[] bytes, int count) {
    for (int start = 0; start < count; start += WINDOW) {
      source.clear();
      source.put(bytes, start, Math.min(WINDOW, count - start)).flip();
      while (source.hasRemaining()) {
        compress(EndDirective.CONTINUE);
      }
    }
  }

  @Override
  public void end() {
    source.clear().limit(0);
    boolean ended = false;
    while (!ended) {
      ended = compress(EndDirective.END);
    }
  }

  private boolean compress(EndDirective directive) {
    target.clear();
    boolean ended = context.compressDirectByteBufferStream(target, source, directive);
    int count = target.flip().remaining();
    target.get(made, 0, count);
    output.bytes(made, 0, count);
    return ended;
  }

  @Override
  public void close() {
    context.close();
  }
}
