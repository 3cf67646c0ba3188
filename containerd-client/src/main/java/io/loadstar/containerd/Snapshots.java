package io.loadstar.containerd;

import io.grpc.Channel;
import io.grpc.StatusException;
import io.grpc.stub.BlockingClientCall;
import io.loadstar.api.snapshots.v1.CommitSnapshotRequest;
import io.loadstar.api.snapshots.v1.Info;
import io.loadstar.api.snapshots.v1.Kind;
import io.loadstar.api.snapshots.v1.ListSnapshotsRequest;
import io.loadstar.api.snapshots.v1.ListSnapshotsResponse;
import io.loadstar.api.snapshots.v1.PrepareSnapshotRequest;
import io.loadstar.api.snapshots.v1.PrepareSnapshotResponse;
import io.loadstar.api.snapshots.v1.RemoveSnapshotRequest;
import io.loadstar.api.snapshots.v1.SnapshotsGrpc;
import io.loadstar.api.snapshots.v1.SnapshotsGrpc.SnapshotsBlockingV2Stub;
import io.loadstar.api.snapshots.v1.StatSnapshotRequest;
import io.loadstar.containerd.ContainerdException.Code;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The snapshots of one snapshotter, as containerd shows them. Thread-safe. */
public final class Snapshots {

  /**
   * What containerd says of a target that the snapshotter has made, after it has put it under the
   * lease; of one that it knows already, all versions say something else, and not all put it there.
   * Source: containerd, metadata/snapshot.go, createSnapshot, the same in 1.5, 1.6, 1.7, 2.0 and on
   * its main branch.
   */
  private static final String TAKEN_OVER = "\" from snapshotter: ";

  private final SnapshotsBlockingV2Stub stub;
  private final String snapshotter;

  Snapshots(Channel channel, String snapshotter) {
    this.stub = SnapshotsGrpc.newBlockingV2Stub(channel);
    this.snapshotter = snapshotter;
  }

  /** The snapshot of that key or name. */
  public Optional<SnapshotInfo> stat(String key) throws ContainerdException {
    StatSnapshotRequest request =
        StatSnapshotRequest.newBuilder().setSnapshotter(snapshotter).setKey(key).build();
    try {
      return Optional.of(
          info(
              Calls.run(
                      "snapshot " + key + " of snapshotter " + snapshotter,
                      () -> stub.withDeadlineAfter(Calls.QUICK).stat(request))
                  .getInfo()));
    } catch (ContainerdException e) {
      if (e.code() == Code.NOT_FOUND) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /**
   * Prepares the active snapshot {@code key} over {@code parent} (empty: over nothing). May take as
   * long as a layer's download, since a snapshotter may fetch one whole.
   *
   * @param labels go to the snapshotter if they begin with {@code containerd.io/snapshot}
   */
  public Preparation prepare(String key, String parent, Map<String, String> labels)
      throws ContainerdException {
    PrepareSnapshotRequest request =
        PrepareSnapshotRequest.newBuilder()
            .setSnapshotter(snapshotter)
            .setKey(key)
            .setParent(parent)
            .putAllLabels(labels)
            .build();
    try {
      PrepareSnapshotResponse response =
          Calls.run(
              "preparing snapshot " + key + " by snapshotter " + snapshotter,
              () -> stub.withDeadlineAfter(Calls.VERY_SLOW).prepare(request));
      return new Preparation.ToFill(response.getMountsList().stream().map(Mount::of).toList());
    } catch (ContainerdException e) {
      if (e.code() == Code.ALREADY_EXISTS) {
        return String.valueOf(e.getMessage()).contains(TAKEN_OVER)
            ? new Preparation.Held()
            : new Preparation.Present();
      }
      throw e;
    }
  }

  /**
   * Finishes the active snapshot {@code key} under {@code name}; that name may be there already.
   */
  public void commit(String name, String key, Map<String, String> labels)
      throws ContainerdException {
    CommitSnapshotRequest request =
        CommitSnapshotRequest.newBuilder()
            .setSnapshotter(snapshotter)
            .setName(name)
            .setKey(key)
            .putAllLabels(labels)
            .build();
    try {
      Calls.run(
          "committing snapshot " + name, () -> stub.withDeadlineAfter(Calls.SLOW).commit(request));
    } catch (ContainerdException e) {
      if (e.code() != Code.ALREADY_EXISTS) {
        throw e;
      }
      remove(key);
    }
  }

  /** Removes a snapshot; one that isn't there is no error. Done also on an interrupted thread. */
  public void remove(String key) throws ContainerdException {
    RemoveSnapshotRequest request =
        RemoveSnapshotRequest.newBuilder().setSnapshotter(snapshotter).setKey(key).build();
    try {
      Calls.tidying(
          "removing snapshot " + key, () -> stub.withDeadlineAfter(Calls.SLOW).remove(request));
    } catch (ContainerdException e) {
      if (e.code() != Code.NOT_FOUND) {
        throw e;
      }
    }
  }

  /** All snapshots of the namespace. */
  public List<SnapshotInfo> list() throws ContainerdException {
    ListSnapshotsRequest request =
        ListSnapshotsRequest.newBuilder().setSnapshotter(snapshotter).build();
    return Calls.run("listing snapshots of " + snapshotter, () -> list(request));
  }

  private List<SnapshotInfo> list(ListSnapshotsRequest request) throws StatusException {
    List<SnapshotInfo> all = new ArrayList<>();
    BlockingClientCall<?, ListSnapshotsResponse> answers =
        stub.withDeadlineAfter(Calls.SLOW).list(request);
    try {
      ListSnapshotsResponse answer = answers.read();
      while (answer != null) {
        answer.getInfoList().forEach(info -> all.add(info(info)));
        answer = answers.read();
      }
      return all;
    } catch (InterruptedException e) {
      throw Interruption.of(answers, e);
    }
  }

  private static SnapshotInfo info(Info info) {
    return new SnapshotInfo(
        info.getName(), info.getParent(), info.getKind() == Kind.COMMITTED, info.getLabelsMap());
  }
}
