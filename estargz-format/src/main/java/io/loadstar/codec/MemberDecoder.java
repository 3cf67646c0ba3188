package io.loadstar.codec;

import io.loadstar.blob.MalformedBlobException;
import java.nio.ByteBuffer;

/**
 * Decodes members that stand one behind the other, from buffer to buffer.
 *
 * <p>Not thread-safe; made to be used again for any number of blobs ({@link #reset}). Whoever made
 * it closes it, which frees native memory.
 */
public interface MemberDecoder extends AutoCloseable {

  /**
   * Makes ready for the start of a member.
   *
   * @param blobOffset where in the blob that is, for errors
   */
  void reset(long blobOffset);

  /** Where in the blob the next byte is taken from. */
  long offset();

  /** Whether a member has just ended, and nothing of another has been seen. */
  boolean isBetweenMembers();

  /**
   * Decodes until {@code out} is full, {@code in} is used up, or a member ends ({@link
   * #isBetweenMembers}); called again, it goes on with the next.
   *
   * @throws MalformedBlobException if these aren't members, or a checksum is wrong
   */
  void decode(ByteBuffer in, ByteBuffer out) throws MalformedBlobException;

  /** Most bytes that one compressed byte can become: what is said to be more is a lie. */
  long maxRatio();

  /** Frees native memory; nothing can be decoded any more. */
  @Override
  void close();
}
