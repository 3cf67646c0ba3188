package io.loadstar.zstd;

import com.github.luben.zstd.ZstdDecompressCtx;
import com.github.luben.zstd.ZstdException;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.codec.MemberDecoder;
import java.nio.ByteBuffer;

/**
 * Decodes zstd frames that stand one behind the other; skippable ones are skipped, as members
 * without content. Takes at most {@link FrameHeader#MAX_WINDOW} and a little of native memory. Not
 * thread-safe.
 */
public final class ZstdDecoder implements MemberDecoder {

  /** A block of 128 KiB that repeats one byte takes four (RFC 8878, section 3.1.1.2). */
  public static final long MAX_RATIO = (128 << 10) / 4;

  private static final int WINDOW = 64 << 10;

  private final ZstdDecompressCtx context = new ZstdDecompressCtx();
  private final FrameHeader header = new FrameHeader();

  /** The library takes nothing but direct buffers; both are empty between calls. */
  private final ByteBuffer source = ByteBuffer.allocateDirect(WINDOW);

  private final ByteBuffer target = ByteBuffer.allocateDirect(WINDOW);

  private boolean inBody;
  private long offset;
  private long frames;

  @Override
  public void reset(long blobOffset) {
    offset = blobOffset;
    frames = 0;
    beginFrame();
  }

  private void beginFrame() {
    context.reset();
    header.reset();
    inBody = false;
  }

  @Override
  public long offset() {
    return offset;
  }

  @Override
  public boolean isBetweenMembers() {
    return frames > 0 && !inBody && header.isUntouched();
  }

  @Override
  public long maxRatio() {
    return MAX_RATIO;
  }

  @Override
  public void decode(ByteBuffer in, ByteBuffer out) throws MalformedBlobException {
    boolean goOn = out.hasRemaining();
    while (goOn) {
      goOn = step(in, out) && out.hasRemaining() && !isBetweenMembers();
    }
  }

  /** Does one thing; false if there is nothing that could be done without more input. */
  private boolean step(ByteBuffer in, ByteBuffer out) throws MalformedBlobException {
    if (inBody) {
      source.clear();
      int count = Math.min(source.remaining(), in.remaining());
      source.put(in.slice(in.position(), count)).flip();
      int before = out.position();
      int taken = decompress(out);
      in.position(in.position() + taken);
      return taken > 0 || out.position() > before || !inBody;
    }
    int start = in.position();
    boolean complete = header.accept(in, offset);
    offset += in.position() - start;
    if (complete) {
      inBody = true;
      source.clear();
      source.put(header.gathered()).flip();
      offset -= source.remaining(); // counted when it was gathered, and again now
      decompress(out);
    }
    return complete;
  }

  /** Decompresses {@code source} into {@code out}: how many bytes it took. */
  private int decompress(ByteBuffer out) throws MalformedBlobException {
    target.clear().limit(Math.min(WINDOW, out.remaining()));
    boolean ended;
    try {
      ended = context.decompressDirectByteBufferStream(target, source);
    } catch (ZstdException e) {
      throw new MalformedBlobException("zstd frame: " + e.getMessage(), offset, e);
    }
    int taken = source.position();
    offset += taken;
    out.put(target.flip());
    if (ended) {
      frames++;
      beginFrame();
    }
    return taken;
  }

  @Override
  public void close() {
    context.close();
  }
}
