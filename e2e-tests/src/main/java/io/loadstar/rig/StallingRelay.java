package io.loadstar.rig;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;

/**
 * A TCP relay on the loopback address that can hold its breath: connections and requests still go
 * through, answers wait until it is released. So a registry behind a network that has stalled is
 * played. Thread-safe. Whoever started it closes it.
 */
public final class StallingRelay implements AutoCloseable {

  private static final int BUFFER_BYTES = 64 * 1024;

  private final ServerSocket listener;
  private final InetSocketAddress target;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final ReentrantLock lock = new ReentrantLock();
  private final Condition released = lock.newCondition();
  private final AtomicInteger held = new AtomicInteger();
  private boolean stalled;

  private StallingRelay(ServerSocket listener, InetSocketAddress target) {
    this.listener = listener;
    this.target = target;
  }

  /**
   * Starts one on a free port.
   *
   * @param target {@code host:port} of the registry behind it
   */
  public static StallingRelay start(String target) throws IOException {
    int colon = target.lastIndexOf(':');
    InetSocketAddress address =
        new InetSocketAddress(
            target.substring(0, colon), Integer.parseInt(target.substring(colon + 1)));
    StallingRelay relay =
        new StallingRelay(new ServerSocket(0, 128, InetAddress.getLoopbackAddress()), address);
    Thread.ofVirtual().name("relay").start(relay::accept);
    return relay;
  }

  /** Where it listens: {@code 127.0.0.1:port}. */
  public String address() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  /** From now on answers wait. */
  public void stall() {
    lock.lock();
    try {
      stalled = true;
    } finally {
      lock.unlock();
    }
  }

  /** Lets all that waits go on. */
  public void release() {
    lock.lock();
    try {
      stalled = false;
      released.signalAll();
    } finally {
      lock.unlock();
    }
  }

  /** How many connections have an answer that waits just now. */
  public int held() {
    return held.get();
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket near = listener.accept();
        sockets.add(near);
        Socket far = new Socket();
        sockets.add(far);
        far.connect(target);
        Thread.ofVirtual().name("relay request").start(() -> copy(near, far, false));
        Thread.ofVirtual().name("relay answer").start(() -> copy(far, near, true));
      } catch (IOException e) {
        // Closed, or the registry is away: the connection ends, as it would without a relay.
      }
    }
  }

  private void copy(Socket from, Socket to, boolean answers) {
    byte[] buffer = new byte[BUFFER_BYTES];
    try (from;
        to;
        InputStream in = from.getInputStream();
        OutputStream out = to.getOutputStream()) {
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (answers) {
          awaitRelease();
        }
        out.write(buffer, 0, count);
        out.flush();
      }
    } catch (IOException e) {
      // One side went away: the other is told by the closing of both.
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    } finally {
      sockets.remove(from);
      sockets.remove(to);
    }
  }

  private void awaitRelease() throws InterruptedException {
    lock.lockInterruptibly();
    try {
      if (!stalled) {
        return;
      }
      held.incrementAndGet();
      try {
        while (stalled) {
          released.await();
        }
      } finally {
        held.decrementAndGet();
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    release();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
