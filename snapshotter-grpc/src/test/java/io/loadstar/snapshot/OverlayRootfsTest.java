package io.loadstar.snapshot;

/** Mounted as answered in process. */
final class OverlayRootfsTest extends RootfsContractTest {

  @Override
  protected Snapshotter reach(Snapshotter backend) {
    return backend;
  }
}
