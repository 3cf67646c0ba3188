package io.loadstar.lazy;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** Is told, once and from any thread, how a read of a {@link LazyLayer} ended. */
@FunctionalInterface
public interface ReadListener {

  /**
   * @param count how many bytes were put into the buffer; fewer than it had room for only at the
   *     end of the file
   * @param failure why it failed, and then the count means nothing; null if it didn't
   */
  void ended(int count, @Nullable IOException failure);
}
