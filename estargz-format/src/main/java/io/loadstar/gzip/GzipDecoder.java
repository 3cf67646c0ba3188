package io.loadstar.gzip;

import io.loadstar.blob.MalformedBlobException;
import io.loadstar.codec.MemberDecoder;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** Decodes gzip members that stand one behind the other. Not thread-safe. */
public final class GzipDecoder implements MemberDecoder {

  /** Deflate can't do better: 258 bytes from two bits (zlib's technical details: 1032 to 1). */
  public static final long MAX_RATIO = 1032;

  private enum State {
    HEADER,
    BODY,
    TRAILER
  }

  /** CRC32 and ISIZE, four bytes each. */
  private static final int TRAILER_SIZE = 8;

  private final Inflater inflater = new Inflater(true);
  private final GzipHeader header = new GzipHeader();
  private final CRC32 crc = new CRC32();
  private State state = State.HEADER;
  private long offset;
  private long trailer;
  private int trailerBytes;
  private long members;

  /**
   * What a member claims to become, in bytes: its last field, ISIZE, which is cut to 32 bits.
   *
   * @param member which ends where the array does; what is found in another says nothing
   */
  public static long claimedSize(byte[] member) {
    return member.length < Integer.BYTES
        ? 0
        : Integer.toUnsignedLong(
            ByteBuffer.wrap(member)
                .order(ByteOrder.LITTLE_ENDIAN)
                .getInt(member.length - Integer.BYTES));
  }

  @Override
  public void reset(long blobOffset) {
    offset = blobOffset;
    members = 0;
    beginMember();
  }

  private void beginMember() {
    inflater.reset();
    header.reset();
    crc.reset();
    state = State.HEADER;
    trailer = 0;
    trailerBytes = 0;
  }

  @Override
  public long offset() {
    return offset;
  }

  @Override
  public long maxRatio() {
    return MAX_RATIO;
  }

  @Override
  public boolean isBetweenMembers() {
    return members > 0 && state == State.HEADER && header.isUntouched();
  }

  @Override
  public void decode(ByteBuffer in, ByteBuffer out) throws MalformedBlobException {
    boolean goOn = out.hasRemaining();
    while (goOn) {
      goOn = step(in, out) && out.hasRemaining() && !isBetweenMembers();
    }
  }

  /**
   * Does one thing; false if there is nothing that could be done without more input.
   *
   * @throws MalformedBlobException as {@link #decode}
   */
  private boolean step(ByteBuffer in, ByteBuffer out) throws MalformedBlobException {
    return switch (state) {
      case HEADER -> readHeader(in);
      case BODY -> inflate(in, out);
      case TRAILER -> readTrailer(in);
    };
  }

  private boolean readHeader(ByteBuffer in) throws MalformedBlobException {
    int start = in.position();
    boolean complete = header.accept(in, offset);
    offset += in.position() - start;
    if (complete) {
      state = State.BODY;
    }
    return complete;
  }

  private boolean inflate(ByteBuffer in, ByteBuffer out) throws MalformedBlobException {
    int start = in.position();
    int outStart = out.position();
    try {
      inflater.setInput(in);
      inflater.inflate(out);
    } catch (DataFormatException e) {
      throw new MalformedBlobException("gzip member: broken deflate data", offset, e);
    }
    offset += in.position() - start;
    addToChecksum(out, outStart);
    if (inflater.needsDictionary()) {
      throw new MalformedBlobException("gzip member: asks for a dictionary", offset);
    }
    if (inflater.finished()) {
      state = State.TRAILER;
      return true;
    }
    return in.position() > start || out.position() > outStart;
  }

  /** What was put into {@code out} behind {@code start}. */
  private void addToChecksum(ByteBuffer out, int start) {
    int limit = out.limit();
    out.limit(out.position()).position(start);
    crc.update(out);
    out.limit(limit);
  }

  private boolean readTrailer(ByteBuffer in) throws MalformedBlobException {
    while (trailerBytes < TRAILER_SIZE) {
      if (!in.hasRemaining()) {
        return false;
      }
      trailer |= (in.get() & 0xffL) << (8 * trailerBytes++);
      offset++;
    }
    if ((trailer & 0xffffffffL) != crc.getValue()) {
      throw new MalformedBlobException("gzip member: wrong CRC32", offset - TRAILER_SIZE);
    }
    if (trailer >>> 32 != (inflater.getBytesWritten() & 0xffffffffL)) {
      throw new MalformedBlobException("gzip member: wrong ISIZE", offset - TRAILER_SIZE / 2);
    }
    members++;
    beginMember();
    return true;
  }

  @Override
  public void close() {
    inflater.close();
  }
}
