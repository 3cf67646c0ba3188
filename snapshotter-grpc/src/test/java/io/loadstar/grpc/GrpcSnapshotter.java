package io.loadstar.grpc;

import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyChannelBuilder;
import io.loadstar.api.snapshots.v1.CleanupRequest;
import io.loadstar.api.snapshots.v1.CommitSnapshotRequest;
import io.loadstar.api.snapshots.v1.Info;
import io.loadstar.api.snapshots.v1.ListSnapshotsRequest;
import io.loadstar.api.snapshots.v1.MountsRequest;
import io.loadstar.api.snapshots.v1.PrepareSnapshotRequest;
import io.loadstar.api.snapshots.v1.RemoveSnapshotRequest;
import io.loadstar.api.snapshots.v1.SnapshotsGrpc;
import io.loadstar.api.snapshots.v1.StatSnapshotRequest;
import io.loadstar.api.snapshots.v1.UpdateSnapshotRequest;
import io.loadstar.api.snapshots.v1.UsageRequest;
import io.loadstar.api.snapshots.v1.UsageResponse;
import io.loadstar.api.snapshots.v1.ViewSnapshotRequest;
import io.loadstar.snapshot.LayerUnavailableException;
import io.loadstar.snapshot.Mount;
import io.loadstar.snapshot.SnapshotException;
import io.loadstar.snapshot.SnapshotFilter;
import io.loadstar.snapshot.SnapshotInfo;
import io.loadstar.snapshot.SnapshotKind;
import io.loadstar.snapshot.Snapshotter;
import io.loadstar.snapshot.Usage;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioDomainSocketChannel;
import java.io.Closeable;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;

/** A snapshotter at the other end of a unix socket. Thread-safe. */
public final class GrpcSnapshotter implements Snapshotter, Closeable {

  private final EventLoopGroup loop;
  private final ManagedChannel channel;

  private GrpcSnapshotter(EventLoopGroup loop, ManagedChannel channel) {
    this.loop = loop;
    this.channel = channel;
  }

  public static GrpcSnapshotter connect(Path address) {
    EventLoopGroup loop = new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(UnixDomainSocketAddress.of(address))
            .channelType(NioDomainSocketChannel.class)
            .eventLoopGroup(loop)
            .usePlaintext()
            .overrideAuthority("localhost")
            .build();
    return new GrpcSnapshotter(loop, channel);
  }

  public SnapshotsGrpc.SnapshotsBlockingStub calls() {
    return SnapshotsGrpc.newBlockingStub(channel);
  }

  @Override
  public List<Mount> prepare(String key, String parent, Map<String, String> labels)
      throws SnapshotException {
    PrepareSnapshotRequest request =
        PrepareSnapshotRequest.newBuilder()
            .setKey(key)
            .setParent(parent)
            .putAllLabels(labels)
            .build();
    return mounts(call(() -> calls().prepare(request).getMountsList()));
  }

  @Override
  public List<Mount> view(String key, String parent, Map<String, String> labels)
      throws SnapshotException {
    ViewSnapshotRequest request =
        ViewSnapshotRequest.newBuilder().setKey(key).setParent(parent).putAllLabels(labels).build();
    return mounts(call(() -> calls().view(request).getMountsList()));
  }

  @Override
  public List<Mount> mounts(String key) throws SnapshotException {
    MountsRequest request = MountsRequest.newBuilder().setKey(key).build();
    return mounts(call(() -> calls().mounts(request).getMountsList()));
  }

  @Override
  public void commit(String name, String key, String parent, Map<String, String> labels)
      throws SnapshotException {
    CommitSnapshotRequest request =
        CommitSnapshotRequest.newBuilder()
            .setName(name)
            .setKey(key)
            .setParent(parent)
            .putAllLabels(labels)
            .build();
    call(() -> calls().commit(request));
  }

  @Override
  public void remove(String key) throws SnapshotException {
    call(() -> calls().remove(RemoveSnapshotRequest.newBuilder().setKey(key).build()));
  }

  @Override
  public SnapshotInfo stat(String key) throws SnapshotException {
    return info(
        call(() -> calls().stat(StatSnapshotRequest.newBuilder().setKey(key).build()).getInfo()));
  }

  @Override
  public SnapshotInfo update(String key, Map<String, String> labels, List<String> paths)
      throws SnapshotException {
    UpdateSnapshotRequest.Builder request = UpdateSnapshotRequest.newBuilder();
    request.getInfoBuilder().setName(key).putAllLabels(labels);
    request.getUpdateMaskBuilder().addAllPaths(paths);
    return info(call(() -> calls().update(request.build()).getInfo()));
  }

  @Override
  public List<SnapshotInfo> list(SnapshotFilter filter) throws SnapshotException {
    return list(filter.expressions());
  }

  public List<SnapshotInfo> list(List<String> filters) throws SnapshotException {
    ListSnapshotsRequest request = ListSnapshotsRequest.newBuilder().addAllFilters(filters).build();
    return call(() -> {
      List<SnapshotInfo> infos = new ArrayList<>();
      calls()
          .list(request)
          .forEachRemaining(batch -> batch.getInfoList().forEach(info -> infos.add(info(info))));
      return infos;
    });
  }

  @Override
  public Usage usage(String key) throws SnapshotException {
    UsageResponse usage = call(() -> calls().usage(UsageRequest.newBuilder().setKey(key).build()));
    return new Usage(usage.getSize(), usage.getInodes());
  }

  @Override
  public void cleanup() throws SnapshotException {
    call(() -> calls().cleanup(CleanupRequest.getDefaultInstance()));
  }

  private static List<Mount> mounts(List<io.loadstar.api.types.Mount> mounts) {
    return mounts.stream()
        .map(mount -> new Mount(mount.getType(), mount.getSource(), mount.getOptionsList()))
        .toList();
  }

  private static SnapshotInfo info(Info info) {
    return new SnapshotInfo(
        info.getName(),
        info.getParent(),
        SnapshotKind.valueOf(info.getKind().name()),
        info.getLabelsMap(),
        Instant.ofEpochSecond(info.getCreatedAt().getSeconds(), info.getCreatedAt().getNanos()),
        Instant.ofEpochSecond(info.getUpdatedAt().getSeconds(), info.getUpdatedAt().getNanos()));
  }

  private static <T> T call(Supplier<T> call) throws SnapshotException {
    try {
      return call.get();
    } catch (StatusRuntimeException e) {
      String message = String.valueOf(e.getStatus().getDescription());
      switch (e.getStatus().getCode()) {
        case NOT_FOUND -> throw new SnapshotException.NotFound(message);
        case ALREADY_EXISTS -> throw new SnapshotException.AlreadyExists(message);
        case FAILED_PRECONDITION -> throw new SnapshotException.FailedPrecondition(message);
        case INVALID_ARGUMENT -> throw new SnapshotException.InvalidArgument(message);
        case UNAVAILABLE -> throw new LayerUnavailableException(message);
        default -> throw e;
      }
    }
  }

  @Override
  public void close() {
    channel.shutdownNow();
    var _ = loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }
}
