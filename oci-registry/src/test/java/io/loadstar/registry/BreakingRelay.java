package io.loadstar.registry;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * Passes connections on to a server on this machine and breaks some: one in the midst of a PUT's
 * body, one as another kind of request begins, before a byte of that has been passed on. Each break
 * that is asked for happens once, in the order of the requests.
 */
final class BreakingRelay implements AutoCloseable {

  /** What of a PUT is let through. */
  private static final int PUT_BYTES = 5 << 20;

  private final ServerSocket server;
  private final String target;
  private final List<String> breaks;

  /**
   * @param target host and port
   * @param breaks how the requests to be broken begin
   */
  BreakingRelay(String target, String... breaks) throws IOException {
    this.server = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    this.target = target;
    this.breaks = new CopyOnWriteArrayList<>(List.of(breaks));
    Thread.ofPlatform().daemon().name("relay").start(this::accept);
  }

  String host() {
    return "127.0.0.1:" + server.getLocalPort();
  }

  /** How many breaks haven't happened. */
  int unbroken() {
    return breaks.size();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        int colon = target.lastIndexOf(':');
        Socket upstream =
            new Socket(target.substring(0, colon), Integer.parseInt(target.substring(colon + 1)));
        Thread.ofPlatform().daemon().start(() -> pass(client, upstream, true));
        Thread.ofPlatform().daemon().start(() -> pass(upstream, client, false));
      }
    } catch (IOException e) {
      // Closed.
    }
  }

  private void pass(Socket from, Socket to, boolean requests) {
    byte[] buffer = new byte[1 << 16];
    long budget = Long.MAX_VALUE;
    try (from;
        to) {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      int count = in.read(buffer);
      while (count >= 0) {
        // A request is sent when the last one was answered, so it begins a read.
        String start = new String(buffer, 0, Math.min(count, 8), StandardCharsets.US_ASCII);
        if (requests && !breaks.isEmpty() && start.startsWith(breaks.getFirst())) {
          budget = breaks.removeFirst().equals("PUT ") ? PUT_BYTES : 0;
        }
        if (count > budget) {
          return;
        }
        budget -= budget == Long.MAX_VALUE ? 0 : count;
        out.write(buffer, 0, count);
        out.flush();
        count = in.read(buffer);
      }
    } catch (IOException e) {
      // One end is gone, and so the other goes.
    }
  }

  @Override
  public void close() throws IOException {
    server.close();
  }
}
