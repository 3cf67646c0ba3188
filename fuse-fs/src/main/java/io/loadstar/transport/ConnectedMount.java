package io.loadstar.transport;

import io.loadstar.linux.FuseControl;
import io.loadstar.linux.MountTable;
import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;

/**
 * A live mount, whatever the transport: how it is unmounted and how its connection ends.
 * Thread-safe.
 *
 * <p>Its threads end when the kernel ends the connection, which it does when the last user is gone;
 * the last thread frees what they had in common. So a mount that was unmounted from outside leaves
 * nothing behind, even if nobody closes it.
 */
public final class ConnectedMount implements FuseMount {

  /** How long those that still use the mount are served after it was unmounted. */
  private static final Duration GRACE = Duration.ofSeconds(1);

  /**
   * For threads to come back whose connection is gone: nothing keeps them but the machine's load.
   */
  private static final Duration END_BOUND = Duration.ofSeconds(10);

  /**
   * The mount made last at each place. Once a connection has ended, the kernel gives its device
   * number to the next, so the mount table alone can't tell one's own mount from its successor.
   */
  private static final ConcurrentMap<Path, ConnectedMount> NEWEST = new ConcurrentHashMap<>();

  private final Path mountPoint;
  private final Path place;
  private final MountTable.Entry entry;
  private final Server threads;

  /** The threads that serve a connection. Thread-safe. */
  public interface Server {

    /** Whether its threads have ended or are about to. */
    boolean hasEnded();

    /** Whether the kernel has ended the connection: nobody can ask anything any more. */
    boolean isDisconnected();

    /** Ends whoever waits or rests; reads that wait are answered with EIO. */
    void end();

    /** Waits until all threads have left; false if they haven't in time. */
    boolean awaitGone(Duration bound) throws InterruptedException;

    /** How many threads there are. */
    int count();
  }

  private ConnectedMount(Place at, MountTable.Entry entry, Server threads) {
    this.mountPoint = at.mountPoint();
    this.place = at.place();
    this.entry = entry;
    this.threads = threads;
  }

  /**
   * Where something is mounted.
   *
   * @param mountPoint as the caller names it
   * @param place the same without symbolic links, as the mount table has it
   */
  public record Place(Path mountPoint, Path place) {}

  /**
   * What was mounted just now, and answers. From now on it, and no earlier one, is what is mounted
   * there.
   *
   * @param entry how the mount table shows it
   */
  public static FuseMount of(Place at, MountTable.Entry entry, Server threads) {
    ConnectedMount mount = new ConnectedMount(at, entry, threads);
    NEWEST.put(at.place(), mount);
    return mount;
  }

  @Override
  public Path mountPoint() {
    return mountPoint;
  }

  @Override
  public boolean isAlive() {
    try {
      return !threads.hasEnded() && isMounted(MountTable.read());
    } catch (IOException e) {
      return !threads.hasEnded();
    }
  }

  @Override
  public void close() throws IOException {
    if (NEWEST.remove(place, this)) {
      boolean done = false;
      try {
        unmount();
        done = true;
      } finally {
        if (!done) {
          NEWEST.putIfAbsent(place, this);
        }
      }
    }
    try {
      if (!threads.awaitGone(GRACE)) {
        endConnection();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new InterruptedIOException("unmount " + place + ": interrupted");
    }
  }

  /** How many threads serve it at the moment. */
  public int threads() {
    return threads.count();
  }

  private void unmount() throws IOException {
    MountTable table = MountTable.read();
    if (!isMounted(table)) {
      return;
    }
    MountTable.Entry seen = table.at(place);
    if (seen == null || !seen.isSameFileSystem(entry)) {
      throw new IOException("unmount " + place + ": another mount lies over it: " + seen);
    }
    MountPlace.unmount(place);
  }

  /** An open file, an overlay or another namespace holds the connection: they get errors now. */
  private void endConnection() throws IOException, InterruptedException {
    if (!threads.isDisconnected()) {
      FuseControl.abort(entry.minor());
    }
    threads.end();
    if (!threads.awaitGone(END_BOUND)) {
      throw new IOException(
          "unmounted " + place + ", but " + threads.count() + " of its threads don't end");
    }
  }

  private boolean isMounted(MountTable table) {
    for (MountTable.Entry other : table.below(place)) {
      if (other.isSameFileSystem(entry) && other.mountPoint().equals(place.toString())) {
        return true;
      }
    }
    return false;
  }

  @Override
  public String toString() {
    return "FUSE mount " + place;
  }
}
