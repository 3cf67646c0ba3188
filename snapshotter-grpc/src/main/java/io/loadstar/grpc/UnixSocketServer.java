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
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * gRPC services on a unix socket. Thread-safe; closed by who started it.
 *
 * <p>The socket is bound under a passing name, made 0600, and then renamed: whoever finds it by its
 * name can connect to it, and nobody else ever could. containerd waits for a socket that isn't
 * there but backs off from one that refuses, so a restart fails no call that way. Netty's own NIO
 * sockets are used, which need no native library.
 */
public final class UnixSocketServer implements Closeable {

  /** sizeof(sockaddr_un.sun_path) less the closing zero byte: unix(7). */
  private static final int MAX_PATH_BYTES = 108 - 1;

  /** containerd's own limit for messages. */
  private static final int MAX_MESSAGE_BYTES = 16 << 20;

  private static final String PASSING = ".new";

  /** How long running calls may go on once it is closed. */
  private static final Duration GRACE = Duration.ofSeconds(2);

  private static final Duration POLL = Duration.ofMillis(10);

  private final Path address;
  private final @Nullable Object fileKey;
  private final Server server;
  private final EventLoopGroup loop;
  private final RunningCalls running;

  private UnixSocketServer(Path address, @Nullable Object fileKey, Served served) {
    this.address = address;
    this.fileKey = fileKey;
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
    Path path = address.toAbsolutePath().normalize();
    Path passing = path.resolveSibling(path.getFileName() + PASSING);
    prepareAddress(path, passing);
    EventLoopGroup loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("grpc-loop", true), NioIoHandler.newFactory());
    RunningCalls running = new RunningCalls();
    try {
      NettyServerBuilder builder =
          NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(passing))
              .channelType(NioServerDomainSocketChannel.class)
              .bossEventLoopGroup(loop)
              .workerEventLoopGroup(loop)
              .maxInboundMessageSize(MAX_MESSAGE_BYTES)
              .intercept(running)
              .fallbackHandlerRegistry(offer.others())
              .executor(executor);
      offer.services().forEach(builder::addService);
      Server server = builder.build().start();
      Files.setPosixFilePermissions(passing, PosixFilePermissions.fromString("rw-------"));
      Object key = fileKey(passing);
      Files.move(passing, path, StandardCopyOption.ATOMIC_MOVE);
      return new UnixSocketServer(path, key, new Served(server, loop, running));
    } catch (IOException | RuntimeException e) {
      end(loop);
      Files.deleteIfExists(passing);
      throw e;
    }
  }

  private static void prepareAddress(Path path, Path passing) throws IOException {
    int length = passing.toString().getBytes(StandardCharsets.UTF_8).length;
    if (length > MAX_PATH_BYTES) {
      throw new IOException(
          "%s: too long for a socket, by %d bytes".formatted(path, length - MAX_PATH_BYTES));
    }
    Path directory = path.getParent();
    if (directory != null && !Files.isDirectory(directory)) {
      Files.createDirectories(directory);
      Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwx------"));
    }
    requireUnused(path);
    Files.deleteIfExists(passing);
  }

  /**
   * Makes sure that nobody listens at {@code path}.
   *
   * @throws IOException if somebody does, or if something else than a socket is there
   */
  public static void requireUnused(Path path) throws IOException {
    if (!Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
      return;
    }
    BasicFileAttributes attributes =
        Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS);
    if (!attributes.isOther()) {
      throw new IOException(path + ": is there and isn't a socket – give another --address");
    }
    try (SocketChannel probe = SocketChannel.open(StandardProtocolFamily.UNIX)) {
      probe.connect(UnixDomainSocketAddress.of(path));
    } catch (IOException e) {
      return; // Nobody listens: what a daemon left that was killed.
    }
    throw new IOException(
        path + ": socket in use by a running daemon – stop that, or give another --address");
  }

  private static @Nullable Object fileKey(Path path) throws IOException {
    return Files.readAttributes(path, BasicFileAttributes.class, LinkOption.NOFOLLOW_LINKS)
        .fileKey();
  }

  /** Where it listens. */
  public Path address() {
    return address;
  }

  /** Stops to listen, gives running calls a little time, and removes the socket if it is ours. */
  @Override
  public void close() throws IOException {
    unlink();
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

  /** A daemon that was started since may have its socket under the same name. */
  private void unlink() throws IOException {
    if (Files.exists(address, LinkOption.NOFOLLOW_LINKS)
        && fileKey != null
        && fileKey.equals(fileKey(address))) {
      Files.delete(address);
    }
  }
}
