package io.loadstar.rig;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.LockSupport;
import java.util.concurrent.locks.ReentrantLock;
import org.jspecify.annotations.Nullable;

/**
 * A registry behind a long, thin line: a TCP relay on the loopback address that adds a round trip
 * and lets so many bytes through in a second, for all connections together. It writes down each
 * HTTP/1.1 request that goes through. Thread-safe. Whoever started it closes it.
 *
 * <p>A connection costs a round trip before its first byte, as TCP's handshake does. Answers take
 * their time on the line in the order in which they come to it, and then half a round trip; a
 * receiver who doesn't read stops his sender after {@link #WINDOW_BYTES}.
 */
public final class ShapedRelay implements AutoCloseable {

  private static final int BUFFER_BYTES = 16 * 1024;

  /** What may be on the way of one connection: more than 100 ms of 200 Mbit/s. */
  private static final int WINDOW_BYTES = 4 << 20;

  private static final double BITS_PER_BYTE = 8;
  private static final double NANOS_PER_SECOND = 1e9;

  private final ServerSocket listener;
  private final InetSocketAddress target;
  private final Shape shape;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private final List<Exchange> exchanges = new CopyOnWriteArrayList<>();
  private final Object line = new Object();

  /** When the last byte that was put on the line will have left it. Guarded by {@link #line}. */
  private long lineFreeAt = System.nanoTime();

  /**
   * What the line is like.
   *
   * @param roundTrip of a byte and its answer
   * @param bitsPerSecond of all answers together; {@link Long#MAX_VALUE} for no bound
   */
  public record Shape(Duration roundTrip, long bitsPerSecond) {}

  private ShapedRelay(ServerSocket listener, InetSocketAddress target, Shape shape) {
    this.listener = listener;
    this.target = target;
    this.shape = shape;
  }

  /**
   * Starts one on a free port.
   *
   * @param target {@code host:port} of the registry behind it
   */
  public static ShapedRelay start(String target, Shape shape) throws IOException {
    int colon = target.lastIndexOf(':');
    InetSocketAddress address =
        new InetSocketAddress(
            target.substring(0, colon), Integer.parseInt(target.substring(colon + 1)));
    ShapedRelay relay =
        new ShapedRelay(new ServerSocket(0, 128, InetAddress.getLoopbackAddress()), address, shape);
    Thread.ofPlatform().daemon().name("shaped relay").start(relay::accept);
    return relay;
  }

  /** Where it listens: {@code 127.0.0.1:port}. */
  public String address() {
    return "127.0.0.1:" + listener.getLocalPort();
  }

  /** All requests so far, in the order in which they came. */
  public List<Exchange> exchanges() {
    return List.copyOf(exchanges);
  }

  /** One request and its answer. Thread-safe. */
  public static final class Exchange {
    private final String request;
    private final String range;
    private final long begun;
    private volatile long ended;
    private final AtomicLong bytes = new AtomicLong();

    private Exchange(String request, String range, long begun) {
      this.request = request;
      this.range = range;
      this.begun = begun;
      this.ended = begun;
    }

    /** Method and path. */
    public String request() {
      return request;
    }

    /** The value of its header {@code Range}; empty without. */
    public String range() {
      return range;
    }

    /** When it came, in {@link System#nanoTime}. */
    public long begun() {
      return begun;
    }

    /** When the last byte of its answer was handed over, in {@link System#nanoTime}. */
    public long ended() {
      return ended;
    }

    /** Bytes of the answer, its head included. */
    public long bytes() {
      return bytes.get();
    }

    private void answered(int count) {
      bytes.addAndGet(count);
      ended = System.nanoTime();
    }

    @Override
    public String toString() {
      return request + " " + range + ": " + bytes + " bytes";
    }
  }

  /**
   * How many of {@code some} may have depended on each other: the most of which none began before
   * the one before it had ended.
   */
  public static int longestChain(List<Exchange> some) {
    List<Exchange> byEnd = new ArrayList<>(some);
    byEnd.sort(Comparator.comparingLong(Exchange::ended));
    int length = 0;
    long end = Long.MIN_VALUE;
    for (Exchange exchange : byEnd) {
      if (length == 0 || exchange.begun() - end >= 0) {
        length++;
        end = exchange.ended();
      }
    }
    return length;
  }

  private void accept() {
    while (!listener.isClosed()) {
      try {
        Socket near = listener.accept();
        sockets.add(near);
        near.setTcpNoDelay(true);
        Socket far = new Socket();
        sockets.add(far);
        far.setTcpNoDelay(true);
        far.connect(target);
        new Connection(near, far).start();
      } catch (IOException e) {
        // Closed, or the registry is away: the connection ends, as it would without a relay.
      }
    }
  }

  /** When {@code count} bytes that come to the line now will have left it. */
  private long leaveLine(int count) {
    if (shape.bitsPerSecond == Long.MAX_VALUE) {
      return System.nanoTime();
    }
    long takes = (long) (count * BITS_PER_BYTE * NANOS_PER_SECOND / shape.bitsPerSecond);
    synchronized (line) {
      lineFreeAt = Math.max(lineFreeAt, System.nanoTime()) + takes;
      return lineFreeAt;
    }
  }

  /** Both directions of one connection. */
  private final class Connection {
    private final Socket near;
    private final Socket far;
    private final long halfTrip = shape.roundTrip.toNanos() / 2;
    private final long openAt = System.nanoTime() + 2 * halfTrip;
    private volatile @Nullable Exchange current;

    Connection(Socket near, Socket far) {
      this.near = near;
      this.far = far;
    }

    void start() {
      Way requests = new Way();
      Way answers = new Way();
      run("request in", () -> take(near, requests, true));
      run("request out", () -> give(requests, far, false));
      run("answer in", () -> take(far, answers, false));
      run("answer out", () -> give(answers, near, true));
    }

    private void run(String name, Copy copy) {
      Thread.ofVirtual()
          .name("relay " + name)
          .start(() -> {
            try (near;
                far) {
              copy.run();
            } catch (IOException e) {
              // One side went away: the other is told by the closing of both.
            } catch (InterruptedException e) {
              Thread.currentThread().interrupt();
            } finally {
              sockets.remove(near);
              sockets.remove(far);
            }
          });
    }

    private void take(Socket from, Way way, boolean requests)
        throws IOException, InterruptedException {
      InputStream in = from.getInputStream();
      byte[] buffer = new byte[BUFFER_BYTES];
      for (int count = in.read(buffer); count >= 0; count = in.read(buffer)) {
        if (requests) {
          note(new String(buffer, 0, count, StandardCharsets.ISO_8859_1));
        }
        byte[] bytes = Arrays.copyOf(buffer, count);
        way.awaitRoom();
        long leaves = requests ? Math.max(System.nanoTime(), openAt) : leaveLine(count);
        way.put(new Parcel(bytes, leaves + halfTrip));
      }
      way.put(new Parcel(new byte[0], System.nanoTime() + halfTrip));
    }

    /** A client sends a request's head at once, and no two without waiting for an answer. */
    private void note(String text) {
      int end = text.indexOf("\r\n");
      if (end < 0 || !text.substring(0, end).endsWith(" HTTP/1.1")) {
        return;
      }
      String range =
          text.lines()
              .filter(line -> line.regionMatches(true, 0, "range:", 0, 6))
              .map(line -> line.substring(6).strip())
              .findFirst()
              .orElse("");
      String request = text.substring(0, end - " HTTP/1.1".length());
      Exchange exchange = new Exchange(request, range, System.nanoTime());
      current = exchange;
      exchanges.add(exchange);
    }

    private void give(Way way, Socket to, boolean answers)
        throws IOException, InterruptedException {
      OutputStream out = to.getOutputStream();
      for (Parcel parcel = way.take(); parcel.bytes.length > 0; parcel = way.take()) {
        for (long left = parcel.dueAt - System.nanoTime();
            left > 0;
            left = parcel.dueAt - System.nanoTime()) {
          LockSupport.parkNanos(left);
        }
        out.write(parcel.bytes);
        way.given(parcel.bytes.length);
        Exchange exchange = current;
        if (answers && exchange != null) {
          exchange.answered(parcel.bytes.length);
        }
      }
    }
  }

  @FunctionalInterface
  private interface Copy {
    void run() throws IOException, InterruptedException;
  }

  /** Bytes on their way. The array is handed on, never changed. */
  @SuppressWarnings("ArrayRecordComponent")
  private record Parcel(byte[] bytes, long dueAt) {}

  /** What is on the way in one direction of a connection. Thread-safe. */
  private static final class Way {
    private final ReentrantLock lock = new ReentrantLock();
    private final Condition changed = lock.newCondition();
    private final ArrayDeque<Parcel> parcels = new ArrayDeque<>();
    private int bytes;

    void awaitRoom() throws InterruptedException {
      lock.lockInterruptibly();
      try {
        while (bytes > WINDOW_BYTES) {
          if (!changed.await(1, TimeUnit.MINUTES)) {
            throw new InterruptedException("nobody has read for a minute");
          }
        }
      } finally {
        lock.unlock();
      }
    }

    void put(Parcel parcel) {
      lock.lock();
      try {
        parcels.add(parcel);
        bytes += parcel.bytes.length;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }

    Parcel take() throws InterruptedException {
      lock.lockInterruptibly();
      try {
        Parcel parcel = parcels.poll();
        while (parcel == null) {
          changed.await();
          parcel = parcels.poll();
        }
        return parcel;
      } finally {
        lock.unlock();
      }
    }

    void given(int count) {
      lock.lock();
      try {
        bytes -= count;
        changed.signalAll();
      } finally {
        lock.unlock();
      }
    }
  }

  @Override
  public void close() throws IOException {
    listener.close();
    for (Socket socket : sockets) {
      socket.close();
    }
  }
}
