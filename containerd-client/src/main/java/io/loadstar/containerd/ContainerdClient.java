package io.loadstar.containerd;

import io.grpc.ClientInterceptor;
import io.grpc.ClientInterceptors;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;

/**
 * A connection to containerd, in one of its namespaces. Thread-safe; closed by whoever opened it,
 * and with it all that was got from it.
 *
 * <p>It goes over Netty's NIO domain sockets, which need no native library, on one daemon thread of
 * its own: a command that ends doesn't wait for it.
 */
public final class ContainerdClient implements AutoCloseable {

  /** Where containerd listens unless it is told otherwise. */
  public static final Path DEFAULT_ADDRESS = Path.of("/run/containerd/containerd.sock");

  /** containerd's own limit, both ways (bytes). */
  private static final int MAX_MESSAGE_BYTES = 16 << 20;

  private static final Metadata.Key<String> NAMESPACE_HEADER =
      Metadata.Key.of("containerd-namespace", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> LEASE_HEADER =
      Metadata.Key.of("containerd-lease", Metadata.ASCII_STRING_MARSHALLER);

  private final EventLoopGroup eventLoop;
  private final ManagedChannel channel;
  private final Services services;

  private ContainerdClient(Path socket, Namespace namespace) {
    eventLoop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("containerd-client", true), NioIoHandler.newFactory());
    channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(eventLoop)
            .directExecutor()
            .usePlaintext()
            .overrideAuthority("localhost")
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .build();
    services =
        new Services(
            ClientInterceptors.intercept(channel, header(NAMESPACE_HEADER, namespace.name())));
  }

  /**
   * Connects to the containerd that listens at {@code socket}.
   *
   * @throws ContainerdException if nobody listens there, or not to this user
   */
  public static ContainerdClient connect(Path socket, Namespace namespace)
      throws ContainerdException {
    SocketAccess.check(socket);
    return new ContainerdClient(socket, namespace);
  }

  /** containerd's services, in the namespace. */
  public Services services() {
    return services;
  }

  /** The same; what is made through these is kept alive by {@code lease} until that is deleted. */
  public Services under(Lease lease) {
    return services.with(header(LEASE_HEADER, lease.id()));
  }

  /** Ends the connection at once; calls that are under way fail. */
  @Override
  public void close() {
    channel.shutdownNow();
    var _ = eventLoop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
  }

  private static ClientInterceptor header(Metadata.Key<String> key, String value) {
    Metadata headers = new Metadata();
    headers.put(key, value);
    return MetadataUtils.newAttachHeadersInterceptor(headers);
  }
}
