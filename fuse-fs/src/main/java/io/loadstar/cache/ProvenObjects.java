package io.loadstar.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import org.jspecify.annotations.Nullable;

/**
 * The objects that may be served without a look at their bytes, a bounded number: what falls out is
 * hashed again. Thread-safe; looking for one makes nothing.
 */
final class ProvenObjects {

  /** By its {@link ObjectKey}; a {@link SoughtObject} finds it as well. */
  private final Cache<Object, ProvenObject> table;

  /**
   * @param most how many are remembered
   */
  ProvenObjects(int most) {
    table = Caffeine.newBuilder().maximumSize(most).executor(Runnable::run).build();
  }

  @Nullable ProvenObject find(ObjectKey key) {
    return table.getIfPresent(key);
  }

  @Nullable ProvenObject find(SoughtObject sought) {
    return table.getIfPresent(sought);
  }

  boolean has(ObjectKey key) {
    return find(key) != null;
  }

  void add(ObjectKey key) {
    table.put(key, new ProvenObject(key));
  }

  void remove(ObjectKey key) {
    table.invalidate(key);
  }

  void removeAll() {
    table.invalidateAll();
  }
}
