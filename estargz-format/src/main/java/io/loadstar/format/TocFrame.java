package io.loadstar.format;

import com.github.luben.zstd.Zstd;
import io.loadstar.blob.MalformedBlobException;
import io.loadstar.toc.TocJson;
import io.loadstar.zstd.ZstdDecoder;
import java.nio.ByteBuffer;
import java.util.Arrays;

/** The frame of a zstd:chunked blob that holds the TOC: its JSON, and nothing around it. */
final class TocFrame {

  private static final int FIRST_BUFFER = 1 << 20;

  /** JSON of digests and repeated names is seldom compressed better; for more the buffer grows. */
  private static final long USUAL_RATIO = 32;

  private TocFrame() {}

  /**
   * The JSON in the frame.
   *
   * @param frame the compressed bytes
   * @param offset where in the blob they stand, for errors
   * @throws MalformedBlobException if they aren't that, or the JSON is larger than the cap
   */
  static byte[] read(ByteBuffer frame, long offset) throws MalformedBlobException {
    ByteBuffer json = ByteBuffer.allocate(firstBuffer(frame));
    try (ZstdDecoder decoder = new ZstdDecoder()) {
      decoder.reset(offset);
      while (isMore(decoder, frame)) {
        int before = json.position() - frame.remaining();
        decoder.decode(frame, json);
        if (!json.hasRemaining() && isMore(decoder, frame)) {
          json = grown(json, offset);
        } else if (json.position() - frame.remaining() == before) {
          throw new MalformedBlobException("TOC: its frame is cut off", offset);
        }
      }
    }
    return json.hasRemaining() ? Arrays.copyOf(json.array(), json.position()) : json.array();
  }

  private static boolean isMore(ZstdDecoder decoder, ByteBuffer frame) {
    return !decoder.isBetweenMembers() || frame.hasRemaining();
  }

  /** What the frame says that it has, as far as that can be believed. */
  private static int firstBuffer(ByteBuffer frame) {
    long said =
        Zstd.getFrameContentSize(
            frame.array(), frame.arrayOffset() + frame.position(), frame.remaining());
    long most = Math.min(TocJson.MAX_SIZE, frame.remaining() * USUAL_RATIO);
    return (int) Math.clamp(said, 1, Math.max(most, FIRST_BUFFER));
  }

  private static ByteBuffer grown(ByteBuffer full, long offset) throws MalformedBlobException {
    if (full.capacity() >= TocJson.MAX_SIZE) {
      throw new MalformedBlobException("TOC: more than " + TocJson.MAX_SIZE + " bytes", offset);
    }
    int capacity = (int) Math.min(TocJson.MAX_SIZE, 2L * full.capacity());
    return ByteBuffer.allocate(capacity).put(full.flip());
  }
}
