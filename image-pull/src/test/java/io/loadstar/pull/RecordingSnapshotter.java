package io.loadstar.pull;

import com.google.protobuf.Empty;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.loadstar.api.snapshots.v1.CleanupRequest;
import io.loadstar.api.snapshots.v1.CommitSnapshotRequest;
import io.loadstar.api.snapshots.v1.Info;
import io.loadstar.api.snapshots.v1.Kind;
import io.loadstar.api.snapshots.v1.ListSnapshotsRequest;
import io.loadstar.api.snapshots.v1.ListSnapshotsResponse;
import io.loadstar.api.snapshots.v1.PrepareSnapshotRequest;
import io.loadstar.api.snapshots.v1.PrepareSnapshotResponse;
import io.loadstar.api.snapshots.v1.RemoveSnapshotRequest;
import io.loadstar.api.snapshots.v1.SnapshotsGrpc;
import io.loadstar.api.snapshots.v1.StatSnapshotRequest;
import io.loadstar.api.snapshots.v1.StatSnapshotResponse;
import io.loadstar.api.types.Mount;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerDomainSocketChannel;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;

/**
 * A proxy snapshotter for tests: claims to have mounted every layer that has a TOC digest and isn't
 * on its list of refusals, and remembers what it was told. What it claims has no content.
 * Thread-safe.
 */
final class RecordingSnapshotter extends SnapshotsGrpc.SnapshotsImplBase implements AutoCloseable {

  private final Path directory;
  private final EventLoopGroup threads =
      new MultiThreadIoEventLoopGroup(1, NioIoHandler.newFactory());
  private final Server server;
  private final Map<String, Info> snapshots = new ConcurrentHashMap<>();
  private final List<Map<String, String>> told = new CopyOnWriteArrayList<>();
  private final List<String> refused = new CopyOnWriteArrayList<>();

  RecordingSnapshotter(Path socket, Path directory) throws IOException {
    this.directory = directory;
    this.server =
        NettyServerBuilder.forAddress(UnixDomainSocketAddress.of(socket))
            .channelType(NioServerDomainSocketChannel.class)
            .bossEventLoopGroup(threads)
            .workerEventLoopGroup(threads)
            .addService(this)
            .build()
            .start();
  }

  /** The labels of each Prepare for a layer, in their order. */
  List<Map<String, String>> told() {
    return List.copyOf(told);
  }

  /** Layers that it isn't to claim from now on. */
  void refuse(String layerDigest) {
    refused.add(layerDigest);
  }

  @Override
  public void prepare(
      PrepareSnapshotRequest request, StreamObserver<PrepareSnapshotResponse> answer) {
    Map<String, String> labels = request.getLabelsMap();
    String target = labels.get(SnapshotLabels.TARGET);
    if (target != null) {
      told.add(Map.copyOf(labels));
    }
    boolean lazy =
        target != null
            && labels.containsKey(SnapshotLabels.TOC_DIGEST)
            && !refused.contains(labels.get("containerd.io/snapshot/cri.layer-digest"));
    Info.Builder info = Info.newBuilder().setParent(request.getParent()).putAllLabels(labels);
    if (lazy) {
      snapshots.put(
          target,
          info.setName(target)
              .setKind(Kind.COMMITTED)
              .putLabels(SnapshotLabels.REMOTE, "yes")
              .build());
      answer.onError(Status.ALREADY_EXISTS.withDescription(target).asRuntimeException());
      return;
    }
    snapshots.put(request.getKey(), info.setName(request.getKey()).setKind(Kind.ACTIVE).build());
    try {
      Path content = Files.createTempDirectory(directory, "s");
      Mount mount =
          Mount.newBuilder()
              .setType("bind")
              .setSource(content.toString())
              .addAllOptions(List.of("rbind", "rw"))
              .build();
      send(answer, PrepareSnapshotResponse.newBuilder().addMounts(mount).build());
    } catch (IOException e) {
      answer.onError(Status.INTERNAL.withCause(e).asRuntimeException());
    }
  }

  @Override
  public void commit(CommitSnapshotRequest request, StreamObserver<Empty> answer) {
    Info active = snapshots.remove(request.getKey());
    if (active == null) {
      answer.onError(Status.NOT_FOUND.asRuntimeException());
      return;
    }
    snapshots.put(
        request.getName(),
        active.toBuilder().setName(request.getName()).setKind(Kind.COMMITTED).build());
    send(answer, Empty.getDefaultInstance());
  }

  @Override
  public void stat(StatSnapshotRequest request, StreamObserver<StatSnapshotResponse> answer) {
    Info info = snapshots.get(request.getKey());
    if (info == null) {
      answer.onError(Status.NOT_FOUND.asRuntimeException());
      return;
    }
    send(answer, StatSnapshotResponse.newBuilder().setInfo(info).build());
  }

  @Override
  public void list(ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> answer) {
    send(answer, ListSnapshotsResponse.newBuilder().addAllInfo(snapshots.values()).build());
  }

  @Override
  public void remove(RemoveSnapshotRequest request, StreamObserver<Empty> answer) {
    snapshots.remove(request.getKey());
    send(answer, Empty.getDefaultInstance());
  }

  @Override
  public void cleanup(CleanupRequest request, StreamObserver<Empty> answer) {
    send(answer, Empty.getDefaultInstance());
  }

  private static <T> void send(StreamObserver<T> answer, T message) {
    answer.onNext(message);
    answer.onCompleted();
  }

  @Override
  public void close() {
    server.shutdownNow();
    var _ = threads.shutdownGracefully();
  }
}
