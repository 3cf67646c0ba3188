package io.loadstar.grpc;

import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.Closeable;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Channels to unix sockets, on one thread. Closed by who made it, all at once. */
public final class SocketChannels implements Closeable {

  private final EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final List<ManagedChannel> channels = new ArrayList<>();

  /** One to the socket at {@code address}. */
  public ManagedChannel to(Path address) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(address))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(loop)
            .usePlaintext()
            .overrideAuthority("localhost")
            .build();
    channels.add(channel);
    return channel;
  }

  @Override
  public void close() {
    channels.forEach(ManagedChannel::shutdownNow);
    var _ = loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }
}
