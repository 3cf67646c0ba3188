package io.loadstar.grpc;

import io.grpc.CallOptions;
import io.grpc.ConnectivityState;
import io.grpc.HandlerRegistry;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.ServerCall;
import io.grpc.ServerMethodDefinition;
import io.grpc.Status;
import io.grpc.netty.NettyChannelBuilder;
import io.loadstar.credentials.LearntCredentials;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.Closeable;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * CRI's {@code runtime.v1.ImageService} in front of containerd's: a kubelet whose {@code
 * --image-service-endpoint} is our socket tells us with what credentials it pulls, and sees
 * containerd for the rest. Thread-safe; closed by who made it.
 *
 * <p>Every method of the service is passed through as bytes, those of later versions as well. Only
 * the first message of {@code PullImage} is looked at, and its credentials are learnt before it
 * goes on: the pull's layers are mounted while it runs.
 *
 * <p>Whether containerd listens is tried anew by each call that finds no connection. gRPC's own
 * back-off would go on refusing, for up to two minutes, calls to a containerd that is back.
 */
public final class ImageServiceProxy extends HandlerRegistry implements Closeable {

  private static final String SERVICE = "runtime.v1.ImageService";
  private static final String PULL = SERVICE + "/PullImage";

  /** containerd's own limit for messages. */
  private static final int MAX_MESSAGE_BYTES = 16 << 20;

  private final UnixDomainSocketAddress containerd;
  private final LearningPulls pulls;
  private final EventLoopGroup loop;
  private final ManagedChannel channel;

  private ImageServiceProxy(Path containerd, LearningPulls pulls) {
    this.containerd = UnixDomainSocketAddress.of(containerd);
    this.pulls = pulls;
    this.loop =
        new MultiThreadIoEventLoopGroup(
            1, new DefaultThreadFactory("cri-loop", true), NioIoHandler.newFactory());
    this.channel =
        NettyChannelBuilder.forAddress(this.containerd)
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(loop)
            .directExecutor()
            .usePlaintext()
            .overrideAuthority("localhost")
            .maxInboundMessageSize(MAX_MESSAGE_BYTES)
            .build();
  }

  /**
   * Makes one. containerd need not be there yet.
   *
   * @param containerd the socket where containerd's CRI answers
   * @param learnt where credentials go
   */
  public static ImageServiceProxy to(Path containerd, LearntCredentials learnt) {
    return new ImageServiceProxy(containerd, new LearningPulls(learnt));
  }

  @Override
  public @Nullable ServerMethodDefinition<?, ?> lookupMethod(
      String method, @Nullable String authority) {
    if (!SERVICE.equals(MethodDescriptor.extractFullServiceName(method))) {
      return null;
    }
    // Streams both ways, which a call of one message is a case of.
    MethodDescriptor<byte[], byte[]> descriptor =
        MethodDescriptor.newBuilder(FrameMarshaller.INSTANCE, FrameMarshaller.INSTANCE)
            .setType(MethodDescriptor.MethodType.BIDI_STREAMING)
            .setFullMethodName(method)
            .build();
    return ServerMethodDefinition.create(descriptor, this::pass);
  }

  private ServerCall.Listener<byte[]> pass(ServerCall<byte[], byte[]> call, Metadata headers) {
    try {
      reach();
    } catch (IOException e) {
      call.close(unreachable(e), new Metadata());
      return new ServerCall.Listener<>() {};
    }
    MethodDescriptor<byte[], byte[]> method = call.getMethodDescriptor();
    Function<byte[], Consumer<Status>> first =
        method.getFullMethodName().equals(PULL) ? pulls::learn : message -> status -> {};
    return new PassedCall(
            call,
            channel.newCall(method, CallOptions.DEFAULT.withWaitForReady()),
            first,
            status -> unreachable(status.getCause()))
        .start(headers);
  }

  /**
   * Makes sure that somebody listens.
   *
   * @throws IOException if nobody does
   */
  private void reach() throws IOException {
    if (channel.getState(false) == ConnectivityState.READY) {
      return;
    }
    SocketChannel.open(containerd).close();
    channel.resetConnectBackoff();
  }

  private Status unreachable(@Nullable Throwable cause) {
    return Status.UNAVAILABLE.withDescription(
        "containerd's image service isn't reachable at "
            + containerd
            + ": "
            + (cause == null ? "connection lost" : cause.getMessage())
            + "; is containerd running? (cri_keychain.image_service_path)");
  }

  /** Ends the connection; calls that are under way fail. */
  @Override
  public void close() {
    channel.shutdownNow();
    var _ = loop.shutdownGracefully(0, 0, TimeUnit.MILLISECONDS);
  }
}
