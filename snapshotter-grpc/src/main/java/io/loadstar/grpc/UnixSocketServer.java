package io.loadstar.grpc;

import io.grpc.BindableService;
import io.grpc.HandlerRegistry;
import io.grpc.Server;
import io.grpc.ServerMethodDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * gRPC services on a unix socket. Thread-safe; closed by who started it.
 *
 * <p>containerd waits for a socket that isn't there but backs off from one that refuses, so a
 * restart fails no call: see {@link SocketFile}. Netty's own NIO sockets are used, which need no
 * native library.
 */
public final class UnixSocketServer implements Closeable {

  /** containerd's own limit for messages. */
  private static final int MAX_MESSAGE_BYTES = 16 << 20;

  /** How long running calls may go on once it is closed. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private static final Duration POLL = Duration.ofMillis(10);

  private final SocketFile file;
  private final Server server;
  private final EventLoopGroup loop;
  private final RunningCalls running;

  private UnixSocketServer(SocketFile file, Served served) {
    this.file = file;
    this.server = served.server();
    this.loop = served.loop();
    this.running = served.running();
  }

  /** What serves. */
  private record Served(Server server, EventLoopGroup loop, RunningCalls running) {}

  /**
   * What is served.
   *
   * @param services each method by its name
   * @param others whatever else is called; finds nothing where nothing else is served
   */
  public record Offer(List<BindableService> services, HandlerRegistry others) {

    public Offer {
      services = List.copyOf(services);
    }

    /** These services and nothing else. */
    public static Offer of(BindableService... services) {
      return new Offer(List.of(services), new NothingElse());
    }

    /** Also what {@code registry} finds. */
    public Offer with(HandlerRegistry registry) {
      return new Offer(services, registry);
    }
  }

  private static final class NothingElse extends HandlerRegistry {
    @Override
    public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
        String method, @Nullable String authority) {
      return null;
    }
  }

  /**
   * Starts to serve.
   *
   * @param address the socket's path; a socket that nobody listens on is replaced, missing
   *     directories are made
   * @param executor runs the calls; they may block. It belongs to the caller
   * @throws IOException if the address can't be used, with the reason
   */
  public static UnixSocketServer start(Path address, ExecutorService executor, Offer offer)
      throws IOException {
    SocketFile file = SocketFile.prepare(address);
    EventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("grpc-loop", true), NioIoHandler.newFactory());
    RunningCalls running = new RunningCalls();
    try {
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(file.passing())
              .channelType(NioServerDomainSocketChannel.class)
              .bossEventLoopGroup(loop)
              .workerEventLoopGroup(loop)
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .intercept(running)
              .fallbackHandlerRegistry(offer.others())
              .executor(executor);
      offer.services().forEach(builder::addService);
      Server server = builder.build().start();
      file.publish();
      return new UnixSocketServer(file, new Served(server, loop, running));
    } catch (IOException | RuntimeException e) {
      end(loop);
      file.discard();
      throw e;
    }
  }

  /** Where it listens. */
  public Path address() {
    return file.path();
  }

  /** Stops to listen, gives running calls a little time, and removes the socket if it is ours. */
  @Override
  public void close() throws IOException {
    file.unlink();
    server.shutdown();
    try {
      // Not until it has terminated: that waits for clients to hang up, idle ones too.
      long deadline = System.nanoTime() + GRACE.toNanos();
      while (running.count() > 0 && System.nanoTime() < deadline) {
        Thread.sleep(POLL);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    server.shutdownNow();
    end(loop);
  }

  /** Its threads are daemons: whether they end in time changes nothing. */
  private static void end(EventLoopGroup loop) {
    var _ = loop.shutdownGracefully(0, GRACE.toMillis(), TimeUnit.MILLISECONDS);
  }
}
