package io.loadstar.containerd;

import io.grpc.Channel;
import io.loadstar.api.diff.v1.ApplyRequest;
import io.loadstar.api.diff.v1.DiffGrpc;
import io.loadstar.api.diff.v1.DiffGrpc.DiffBlockingV2Stub;
import java.util.List;

/** Lets containerd unpack layers. Thread-safe. */
public final class Diffs {

  private final DiffBlockingV2Stub stub;

  Diffs(Channel channel) {
    this.stub = DiffGrpc.newBlockingV2Stub(channel);
  }

  /**
   * Unpacks the layer {@code blob}, which is in the content store, into {@code mounts}.
   *
   * @return the uncompressed layer; its digest is the DiffID
   */
  public ContentDescriptor apply(ContentDescriptor blob, List<Mount> mounts)
      throws ContainerdException {
    ApplyRequest request =
        ApplyRequest.newBuilder()
            .setDiff(blob.toMessage())
            .addAllMounts(mounts.stream().map(Mount::toMessage).toList())
            .build();
    return ContentDescriptor.of(
        Calls.run(
                "unpacking layer " + blob.digest(),
                () -> stub.withDeadlineAfter(Calls.VERY_SLOW).apply(request))
            .getApplied());
  }
}
