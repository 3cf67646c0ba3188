package io.loadstar.cache;

import java.nio.ByteBuffer;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/** A store in memory, without bound. Thread-safe. */
public final class MemoryContentStore implements ContentStore {

  private final ConcurrentHashMap<ObjectKey, byte[]> objects = new ConcurrentHashMap<>();
  private volatile boolean closed;

  @Override
  public int tryRead(ObjectKey key, long offset, ByteBuffer destination) {
    byte[] bytes = objects.get(key);
    if (bytes == null) {
      return MISSING;
    }
    int start = (int) Math.min(bytes.length, offset);
    int length = Math.min(bytes.length - start, destination.remaining());
    destination.put(bytes, start, length);
    return length;
  }

  @Override
  public int read(ObjectKey key, long offset, ByteBuffer destination) {
    return tryRead(key, offset, destination);
  }

  @Override
  public boolean contains(ObjectKey key) {
    return objects.containsKey(key);
  }

  @Override
  public boolean put(ObjectKey key, ByteBuffer bytes) {
    if (bytes.remaining() != key.size()) {
      throw new IllegalArgumentException(key + ": can't keep " + bytes.remaining() + " bytes");
    }
    if (closed) {
      return false;
    }
    byte[] copy = new byte[bytes.remaining()];
    bytes.duplicate().get(copy);
    objects.putIfAbsent(key, copy);
    return true;
  }

  @Override
  public Optional<FileRegion> locate(ObjectKey key) {
    return Optional.empty();
  }

  @Override
  public boolean hasRoom(long bytes) {
    return !closed;
  }

  @Override
  public Usage usage() {
    return new Usage(
        objects.size(), objects.values().stream().mapToLong(bytes -> bytes.length).sum(), 0, 0, 0);
  }

  @Override
  public void close() {
    closed = true;
    objects.clear();
  }
}
