package io.loadstar.snapshot;

/** The contract, in process. */
final class OverlaySnapshotterTest extends SnapshotterContractTest {

  @Override
  protected Snapshotter reach(Snapshotter backend) {
    return backend;
  }
}
