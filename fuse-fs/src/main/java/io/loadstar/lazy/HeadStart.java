package io.loadstar.lazy;

import io.loadstar.blob.ByteRange;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * What of a layer's prefetch was asked for before the layer could be opened: while its table of
 * contents is read and verified, and the layers below it are mounted, the line would be idle. Made
 * by {@link LazyNode#headStart}. Thread-safe.
 *
 * <p>Nothing of it is decoded or kept before {@link LazyLayer#prefetch} takes it, which treats it
 * as any answer: a member that isn't what the verified table says isn't kept. What nobody takes is
 * given up after some seconds.
 */
public final class HeadStart implements Closeable {

  /** None. */
  public static final HeadStart NONE = new HeadStart(List.of(), List.of());

  private final List<ByteRange> stretches;
  private final List<BegunResponse> responses;

  /**
   * @param stretches that the prefetch was to consist of
   * @param responses to the first of them
   */
  HeadStart(List<ByteRange> stretches, List<BegunResponse> responses) {
    this.stretches = List.copyOf(stretches);
    this.responses = List.copyOf(responses);
  }

  /**
   * What the prefetch is to consist of, so that it finds what was begun.
   *
   * @param otherwise if nothing was begun
   */
  List<ByteRange> stretches(Supplier<List<ByteRange>> otherwise) {
    return responses.isEmpty() ? otherwise.get() : stretches;
  }

  /**
   * The bytes of a range, if they are on their way.
   *
   * @param gap how many bytes that aren't wanted are waited for rather than to ask anew
   * @return to be closed by the caller; null if the range has to be asked for
   */
  @Nullable InputStream take(ByteRange wanted, long gap) throws IOException {
    for (BegunResponse response : responses) {
      InputStream bytes = response.take(wanted, gap);
      if (bytes != null) {
        return bytes;
      }
    }
    return null;
  }

  /** Gives up what wasn't taken. */
  @Override
  public void close() {
    responses.forEach(BegunResponse::drop);
  }
}
