package io.loadstar.cache;

import com.github.benmanes.caffeine.cache.Cache;
import com.github.benmanes.caffeine.cache.Caffeine;
import com.github.benmanes.caffeine.cache.RemovalCause;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.NoSuchFileException;
import java.nio.file.StandardOpenOption;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The channels of objects that were read lately, a bounded number. Thread-safe; closed by the
 * store. One that falls out of the table is closed when its last reader lets go of it.
 */
final class OpenObjects implements AutoCloseable {

  private static final Logger LOG = LoggerFactory.getLogger(OpenObjects.class);

  private final StoreLayout layout;
  private final Cache<ObjectKey, OpenObject> table;
  private volatile boolean closed;

  /**
   * @param most how many are kept open
   */
  OpenObjects(StoreLayout layout, int most) {
    this.layout = layout;
    this.table =
        Caffeine.newBuilder()
            .maximumSize(most)
            .executor(Runnable::run)
            .removalListener(OpenObjects::letGoOfRemoved)
            .build();
  }

  private static void letGoOfRemoved(
      @Nullable ObjectKey key, @Nullable OpenObject object, RemovalCause cause) {
    if (object != null) {
      object.letGo();
    }
  }

  /** Holds an object for the caller, who lets it go; null if it isn't open. */
  @Nullable OpenObject hold(ObjectKey key) {
    OpenObject object = table.getIfPresent(key);
    return object != null && object.hold() ? noted(key, object) : null;
  }

  /**
   * Opens an object, and holds it for the caller.
   *
   * @return null if it is closed, or of another size than its name says
   * @throws NoSuchFileException if there is no such object
   */
  @Nullable OpenObject open(ProvenObject proven) throws IOException {
    ObjectKey key = proven.key();
    if (closed) {
      return null;
    }
    FileChannel channel = FileChannel.open(layout.pathOf(key), StandardOpenOption.READ);
    if (channel.size() != key.size()) {
      channel.close();
      return null;
    }
    OpenObject object = new OpenObject(proven, channel);
    object.hold();
    table.put(key, object);
    if (closed) {
      table.invalidate(key);
    }
    return noted(key, object);
  }

  /** An object's last use is to be known to within some minutes. */
  private OpenObject noted(ObjectKey key, OpenObject object) {
    if (object.isToBeTouched()) {
      try {
        layout.touch(layout.pathOf(key));
      } catch (NoSuchFileException e) {
        // Evicted a moment ago; who has it open reads on.
      } catch (IOException e) {
        LOG.debug("object {}: its use can't be noted: {}", key, e.toString());
      }
    }
    return object;
  }

  /** Takes this one out of the table, if it is still there. */
  void remove(ObjectKey key, OpenObject object) {
    table.asMap().remove(key, object);
  }

  /** Takes an object out of the table. */
  void remove(ObjectKey key) {
    table.invalidate(key);
  }

  /** Takes all out of the table. */
  void removeAll() {
    table.invalidateAll();
  }

  @Override
  public void close() {
    closed = true;
    table.invalidateAll();
  }
}
