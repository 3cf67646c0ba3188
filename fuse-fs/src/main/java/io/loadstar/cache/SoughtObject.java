package io.loadstar.cache;

import io.loadstar.blob.Digest;
import org.jspecify.annotations.Nullable;

/**
 * An object that is looked for by a name of which no {@link ObjectKey} was made: who reads another
 * chunk with each request would make one each time. Not thread-safe: one is used again and again.
 *
 * <p>It equals the key that it would be, so that a hash table of keys finds that ({@link
 * java.util.concurrent.ConcurrentHashMap#get} asks what is sought, not what it has). The key
 * doesn't equal it: it never stands in a table itself.
 */
public abstract class SoughtObject {

  /** Whose object it is. */
  protected abstract SharingDomain domain();

  /** How many bytes it has, more than 0. */
  protected abstract long size();

  /** The hash code of its digest. */
  protected abstract int digestHash();

  /** Whether {@code digest} is its digest. */
  protected abstract boolean isDigest(Digest digest);

  /** The key that it would be, made anew. */
  protected abstract ObjectKey.ByContent key();

  @Override
  public final int hashCode() {
    return ObjectKey.ByContent.hash(domain(), digestHash(), size());
  }

  @Override
  public final boolean equals(@Nullable Object other) {
    return other instanceof ObjectKey.ByContent key
        && key.size() == size()
        && key.domain().equals(domain())
        && isDigest(key.digest());
  }
}
