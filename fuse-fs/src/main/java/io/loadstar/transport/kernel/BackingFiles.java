package io.loadstar.transport.kernel;

import io.loadstar.fs.ReadOnlyFileSystem;
import io.loadstar.linux.ErrnoException;
import io.loadstar.linux.Libc;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Which inodes of a connection are open, and which of these the kernel reads itself (Linux,
 * Documentation/filesystems/fuse-passthrough). Thread-safe.
 *
 * <p>The kernel wants one way of reading an inode as long as it is open, and for a second open the
 * same backing id as for the first; else the open fails. So every open and release is counted. The
 * lock is held while a file is opened and registered, which is local and short: two threads that
 * open the same inode must agree.
 */
final class BackingFiles {

  /** An inode that isn't passed through. */
  static final int NONE = 0;

  private static final Logger LOG = LoggerFactory.getLogger(BackingFiles.class);

  private final ReadOnlyFileSystem fileSystem;
  private final Registry registry;

  /** By inode. Guarded by this. */
  private final Map<Long, Opened> opened = new HashMap<>();

  private boolean told;
  private boolean closed;

  /** Where backing files are made known to the kernel: the device, but in tests. */
  interface Registry {

    /** Makes an open file known; its id, more than 0, or a negative errno. */
    int register(int fd);

    /** Ends that. */
    void unregister(int id);
  }

  private static final class Opened {
    private final int id;
    private final ReadOnlyFileSystem.@Nullable BackingFile file;
    private int count;

    Opened(int id, ReadOnlyFileSystem.@Nullable BackingFile file) {
      this.id = id;
      this.file = file;
    }
  }

  BackingFiles(ReadOnlyFileSystem fileSystem, Registry registry) {
    this.fileSystem = fileSystem;
    this.registry = registry;
  }

  /**
   * An inode is being opened.
   *
   * @return by which id the kernel is to read it, or {@link #NONE}
   */
  synchronized int open(long inode) {
    if (closed) {
      return NONE;
    }
    Opened state = opened.get(inode);
    if (state == null) {
      state = first(inode);
      opened.put(inode, state);
    }
    state.count++;
    return state.id;
  }

  private Opened first(long inode) {
    ReadOnlyFileSystem.BackingFile file = fileSystem.backing(inode);
    if (file == null) {
      return new Opened(NONE, null);
    }
    int id = NONE;
    try {
      id = register(file);
    } finally {
      if (id == NONE) {
        file.close();
      }
    }
    return new Opened(id, id == NONE ? null : file);
  }

  /** The kernel keeps the file open itself. */
  private int register(ReadOnlyFileSystem.BackingFile file) {
    try {
      int fd = Libc.get().open(file.path(), Libc.O_CLOEXEC);
      try {
        int id = registry.register(fd);
        if (id > 0) {
          return id;
        }
        tellOnce(file, new ErrnoException("register", -id));
      } finally {
        Libc.get().close(fd);
      }
    } catch (ErrnoException e) {
      tellOnce(file, e);
    }
    return NONE;
  }

  private void tellOnce(ReadOnlyFileSystem.BackingFile file, ErrnoException reason) {
    if (!told) {
      told = true;
      LOG.warn(
          "{} can't be handed to the kernel, and is read in the ordinary way: {}",
          file.path(),
          reason.getMessage());
    }
  }

  /** One open of an inode has ended. */
  synchronized void release(long inode) {
    Opened state = opened.get(inode);
    if (state != null && --state.count == 0) {
      opened.remove(inode);
      if (state.file != null) {
        registry.unregister(state.id);
        state.file.close();
      }
    }
  }

  /** How many inodes the kernel reads itself. */
  synchronized int passedThrough() {
    return (int) opened.values().stream().filter(state -> state.id != NONE).count();
  }

  /** The connection has ended, and with it whatever was registered. */
  synchronized void close() {
    closed = true;
    for (Opened state : opened.values()) {
      if (state.file != null) {
        state.file.close();
      }
    }
    opened.clear();
  }
}
