package io.loadstar.transport.kernel;

import io.loadstar.transport.FuseTransport;
import io.loadstar.transport.StalledReadsContractTest;

final class KernelStalledReadsTest extends StalledReadsContractTest {

  @Override
  protected FuseTransport transport() {
    return new KernelFuseTransport(KernelOptions.DEFAULT);
  }

  /** None holds a thread: only the memory for their bytes bounds them. */
  @Override
  protected int mostWaiting(int maxThreads) {
    return (int) (LateReads.MOST_BYTES / FramePool.SMALL);
  }
}
