package io.loadstar.grpc;

import com.google.protobuf.Empty;
import com.google.protobuf.Timestamp;
import io.grpc.stub.StreamObserver;
import io.loadstar.api.snapshots.v1.CleanupRequest;
import io.loadstar.api.snapshots.v1.CommitSnapshotRequest;
import io.loadstar.api.snapshots.v1.Info;
import io.loadstar.api.snapshots.v1.Kind;
import io.loadstar.api.snapshots.v1.ListSnapshotsRequest;
import io.loadstar.api.snapshots.v1.ListSnapshotsResponse;
import io.loadstar.api.snapshots.v1.MountsRequest;
import io.loadstar.api.snapshots.v1.MountsResponse;
import io.loadstar.api.snapshots.v1.PrepareSnapshotRequest;
import io.loadstar.api.snapshots.v1.PrepareSnapshotResponse;
import io.loadstar.api.snapshots.v1.RemoveSnapshotRequest;
import io.loadstar.api.snapshots.v1.SnapshotsGrpc;
import io.loadstar.api.snapshots.v1.StatSnapshotRequest;
import io.loadstar.api.snapshots.v1.StatSnapshotResponse;
import io.loadstar.api.snapshots.v1.UpdateSnapshotRequest;
import io.loadstar.api.snapshots.v1.UpdateSnapshotResponse;
import io.loadstar.api.snapshots.v1.UsageRequest;
import io.loadstar.api.snapshots.v1.UsageResponse;
import io.loadstar.api.snapshots.v1.ViewSnapshotRequest;
import io.loadstar.api.snapshots.v1.ViewSnapshotResponse;
import io.loadstar.api.types.Mount;
import io.loadstar.snapshot.SnapshotFilter;
import io.loadstar.snapshot.SnapshotInfo;
import io.loadstar.snapshot.SnapshotKind;
import io.loadstar.snapshot.Snapshotter;
import io.loadstar.snapshot.Usage;
import java.time.Instant;
import java.util.List;

/**
 * containerd.services.snapshots.v1.Snapshots over a {@link Snapshotter}. Thread-safe.
 *
 * <p>Only translates. The field {@code snapshotter} names the plugin as containerd knows it and
 * isn't looked at.
 */
public final class SnapshotsService extends SnapshotsGrpc.SnapshotsImplBase {

  /** How many snapshots one message of a List has: containerd's own number. */
  private static final int LIST_BATCH = 100;

  private final Snapshotter snapshotter;
  private final Runnable afterCleanup;

  /**
   * @param snapshotter answers
   * @param afterCleanup what else goes when snapshots have gone
   */
  public SnapshotsService(Snapshotter snapshotter, Runnable afterCleanup) {
    this.snapshotter = snapshotter;
    this.afterCleanup = afterCleanup;
  }

  @Override
  public void prepare(
      PrepareSnapshotRequest request, StreamObserver<PrepareSnapshotResponse> observer) {
    Answer.to(
        observer,
        () ->
            PrepareSnapshotResponse.newBuilder()
                .addAllMounts(
                    mounts(
                        snapshotter.prepare(
                            request.getKey(), request.getParent(), request.getLabelsMap())))
                .build());
  }

  @Override
  public void view(ViewSnapshotRequest request, StreamObserver<ViewSnapshotResponse> observer) {
    Answer.to(
        observer,
        () ->
            ViewSnapshotResponse.newBuilder()
                .addAllMounts(
                    mounts(
                        snapshotter.view(
                            request.getKey(), request.getParent(), request.getLabelsMap())))
                .build());
  }

  @Override
  public void mounts(MountsRequest request, StreamObserver<MountsResponse> observer) {
    Answer.to(
        observer,
        () ->
            MountsResponse.newBuilder()
                .addAllMounts(mounts(snapshotter.mounts(request.getKey())))
                .build());
  }

  @Override
  public void commit(CommitSnapshotRequest request, StreamObserver<Empty> observer) {
    Answer.to(
        observer,
        () -> {
          snapshotter.commit(
              request.getName(), request.getKey(), request.getParent(), request.getLabelsMap());
          return Empty.getDefaultInstance();
        });
  }

  @Override
  public void remove(RemoveSnapshotRequest request, StreamObserver<Empty> observer) {
    Answer.to(
        observer,
        () -> {
          snapshotter.remove(request.getKey());
          return Empty.getDefaultInstance();
        });
  }

  @Override
  public void stat(StatSnapshotRequest request, StreamObserver<StatSnapshotResponse> observer) {
    Answer.to(
        observer,
        () ->
            StatSnapshotResponse.newBuilder()
                .setInfo(info(snapshotter.stat(request.getKey())))
                .build());
  }

  @Override
  public void update(
      UpdateSnapshotRequest request, StreamObserver<UpdateSnapshotResponse> observer) {
    Answer.to(
        observer,
        () -> {
          Info wanted = request.getInfo();
          SnapshotInfo updated =
              snapshotter.update(
                  wanted.getName(), wanted.getLabelsMap(), request.getUpdateMask().getPathsList());
          return UpdateSnapshotResponse.newBuilder().setInfo(info(updated)).build();
        });
  }

  @Override
  public void list(ListSnapshotsRequest request, StreamObserver<ListSnapshotsResponse> observer) {
    Answer.toStream(
        observer,
        () -> {
          SnapshotFilter filter = SnapshotFilter.parse(request.getFiltersList());
          List<SnapshotInfo> snapshots = snapshotter.list(filter);
          for (int start = 0; start < snapshots.size(); start += LIST_BATCH) {
            ListSnapshotsResponse.Builder batch = ListSnapshotsResponse.newBuilder();
            snapshots.subList(start, Math.min(snapshots.size(), start + LIST_BATCH)).stream()
                .map(SnapshotsService::info)
                .forEach(batch::addInfo);
            observer.onNext(batch.build());
          }
        });
  }

  @Override
  public void usage(UsageRequest request, StreamObserver<UsageResponse> observer) {
    Answer.to(
        observer,
        () -> {
          Usage usage = snapshotter.usage(request.getKey());
          return UsageResponse.newBuilder().setSize(usage.size()).setInodes(usage.inodes()).build();
        });
  }

  @Override
  public void cleanup(CleanupRequest request, StreamObserver<Empty> observer) {
    Answer.to(
        observer,
        () -> {
          snapshotter.cleanup();
          afterCleanup.run();
          return Empty.getDefaultInstance();
        });
  }

  private static List<Mount> mounts(List<io.loadstar.snapshot.Mount> mounts) {
    return mounts.stream()
        .map(mount ->
            Mount.newBuilder()
                .setType(mount.type())
                .setSource(mount.source())
                .addAllOptions(mount.options())
                .build())
        .toList();
  }

  private static Info info(SnapshotInfo snapshot) {
    return Info.newBuilder()
        .setName(snapshot.name())
        .setParent(snapshot.parent())
        .setKind(kind(snapshot.kind()))
        .setCreatedAt(timestamp(snapshot.created()))
        .setUpdatedAt(timestamp(snapshot.updated()))
        .putAllLabels(snapshot.labels())
        .build();
  }

  private static Kind kind(SnapshotKind kind) {
    return switch (kind) {
      case ACTIVE -> Kind.ACTIVE;
      case VIEW -> Kind.VIEW;
      case COMMITTED -> Kind.COMMITTED;
    };
  }

  private static Timestamp timestamp(Instant time) {
    return Timestamp.newBuilder()
        .setSeconds(time.getEpochSecond())
        .setNanos(time.getNano())
        .build();
  }
}
