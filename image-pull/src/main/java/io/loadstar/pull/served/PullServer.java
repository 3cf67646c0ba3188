package io.loadstar.pull.served;

import io.loadstar.oci.Descriptor;
import io.loadstar.oci.ImageProcess;
import io.loadstar.oci.ImageReference;
import java.io.Closeable;
import java.io.IOException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Semaphore;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes orders for pulls on a unix socket and does them: the daemon's side of {@link PullOrder}.
 * Thread-safe; closed by who started it, before what the pulls need: those under way are given up
 * then, and tidied up after.
 *
 * <p>Threads are virtual: {@code loadstar-pulls} accepts, and each connection has three, one that
 * pulls, one that hears whether it is still wanted, one that says how it gets on.
 */
public final class PullServer implements Closeable {

  private static final Logger log = LoggerFactory.getLogger(PullServer.class);

  /** Connections at once beside those that pull; more are closed unheard. */
  private static final int MORE_CONNECTIONS = 64;

  private static final Duration PAUSE_AFTER_FAILURE = Duration.ofMillis(100);

  /** A pull that is given up asks containerd to collect its garbage. */
  private static final Duration TIDYING_LIMIT = Duration.ofSeconds(10);

  private final ServerSocketChannel listening;
  private final Conversation.Parts parts;
  private final KeptRegistries registries;
  private final Set<Conversation> conversations = ConcurrentHashMap.newKeySet();
  private final Semaphore connections;

  /**
   * The snapshotter that pulls.
   *
   * @param address the socket on which containerd speaks to it
   * @param ahead is told what containerd and containers will ask for
   */
  public record Snapshotter(Path address, LayersAhead ahead) {}

  /** Is told of what will be asked for, before it is. Thread-safe; doesn't wait. */
  public interface LayersAhead {

    /**
     * These will be prepared, one after the other.
     *
     * @param image the reference that they will be asked for with
     * @param layers their blobs, lowest first
     */
    void expect(ImageReference image, List<Descriptor> layers);

    /** The layers of an image are prepared, and its containers run this. */
    void starts(ImageReference image, ImageProcess process);
  }

  private PullServer(ServerSocketChannel listening, Snapshotter snapshotter, int most) {
    this.listening = listening;
    this.registries = new KeptRegistries();
    this.connections = new Semaphore(most + MORE_CONNECTIONS);
    this.parts = new Conversation.Parts(snapshotter, registries, new Semaphore(most));
  }

  /**
   * Starts to take orders.
   *
   * @param listening the socket, which this closes in the end
   * @param most how many pulls are done at once; who orders one more has to do it himself
   */
  public static PullServer start(ServerSocketChannel listening, Snapshotter snapshotter, int most) {
    PullServer server = new PullServer(listening, snapshotter, most);
    Thread.ofVirtual().name("loadstar-pulls").start(server::accept);
    return server;
  }

  private void accept() {
    while (listening.isOpen()) {
      try {
        take(listening.accept());
      } catch (ClosedChannelException e) {
        return;
      } catch (IOException e) {
        log.atWarn().addKeyValue("error", e.toString()).log("an order can't be taken");
        pause();
      }
    }
  }

  /** Without descriptors, say, the next try fails as well. */
  private static void pause() {
    try {
      Thread.sleep(PAUSE_AFTER_FAILURE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private void take(SocketChannel channel) throws IOException {
    if (!connections.tryAcquire()) {
      channel.close();
      return;
    }
    Conversation conversation = new Conversation(channel, parts);
    if (!enter(conversation)) {
      connections.release();
      channel.close();
      return;
    }
    conversation.start(() -> {
      conversations.remove(conversation);
      connections.release();
    });
  }

  /** A connection may still come while the socket is being closed. */
  private synchronized boolean enter(Conversation conversation) {
    return listening.isOpen() && conversations.add(conversation);
  }

  private synchronized void refuseMore() throws IOException {
    listening.close();
  }

  /** Gives up what is under way, and waits until it is tidied up, so far as that doesn't hang. */
  @Override
  public void close() throws IOException {
    refuseMore();
    conversations.forEach(Conversation::stop);
    long deadline = System.nanoTime() + TIDYING_LIMIT.toNanos();
    for (Conversation conversation : conversations) {
      if (!conversation.awaitEnd(Duration.ofNanos(deadline - System.nanoTime()))) {
        log.warn("a pull that was given up hasn't ended: its lease ends what it has left");
      }
    }
    registries.close();
  }
}
