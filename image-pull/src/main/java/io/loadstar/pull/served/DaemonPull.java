package io.loadstar.pull.served;

import io.loadstar.pull.PullException;
import io.loadstar.pull.PullListener;
import io.loadstar.pull.PullReport;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Has a pull done by the snapshotter that is to get the image: it runs, is warm and has connections
 * to registries. Stateless.
 *
 * <p>Nothing of a pull's own classes is needed here but its values: that is what makes it quick.
 */
public final class DaemonPull {

  /** After the snapshotter's own socket's name. */
  private static final String SUFFIX = ".pull";

  /** A daemon that hasn't said by then whether it does it is stopped or overloaded. */
  private static final Duration ANSWER_LIMIT = Duration.ofSeconds(5);

  /** What the daemon has for tidying up after a pull that was given up. */
  private static final Duration TIDYING_LIMIT = Duration.ofSeconds(10);

  private DaemonPull() {}

  /**
   * The socket on which a snapshotter takes orders.
   *
   * @param snapshotter the one on which containerd speaks to it
   */
  public static Path socket(Path snapshotter) {
    return snapshotter.resolveSibling(snapshotter.getFileName() + SUFFIX);
  }

  /**
   * Has it done. If the thread is interrupted the pull is given up, and nothing of it is left when
   * this ends.
   *
   * @param snapshotter the socket on which containerd speaks to it
   * @param listener is told on another thread, and not after this has ended
   * @return what it did; empty if nobody does it there, who pulls has to do it himself then
   * @throws PullException if it fails, with what there is to say
   */
  public static Optional<PullReport> run(Path snapshotter, PullOrder order, PullListener listener)
      throws PullException, InterruptedException {
    try (SocketChannel channel =
        SocketChannel.open(UnixDomainSocketAddress.of(socket(snapshotter)))) {
      send(channel, order);
      Answers answers = Answers.hear(channel, order.request().image(), listener);
      try {
        return answers.areComing(ANSWER_LIMIT) ? Optional.of(answers.report()) : Optional.empty();
      } catch (InterruptedException e) {
        channel.shutdownOutput();
        answers.awaitEnd(TIDYING_LIMIT);
        throw e;
      }
    } catch (IOException e) {
      return Optional.empty(); // Nobody listens, or not to this user, or not any more.
    }
  }

  private static void send(SocketChannel channel, PullOrder order) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    for (Line line : order.lines(KernelNamespaces.ofProcess())) {
      bytes.write(line.bytes());
    }
    ByteBuffer buffer = ByteBuffer.wrap(bytes.toByteArray());
    while (buffer.hasRemaining()) {
      channel.write(buffer);
    }
  }
}
