package io.loadstar.containerd;

import io.grpc.Channel;
import io.loadstar.api.leases.v1.AddResourceRequest;
import io.loadstar.api.leases.v1.CreateRequest;
import io.loadstar.api.leases.v1.DeleteRequest;
import io.loadstar.api.leases.v1.LeasesGrpc;
import io.loadstar.api.leases.v1.LeasesGrpc.LeasesBlockingV2Stub;
import io.loadstar.api.leases.v1.ListRequest;
import io.loadstar.api.leases.v1.Resource;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.List;

/** containerd's leases. Thread-safe. */
public final class Leases {

  /** When garbage collection may take a lease that nobody deleted; RFC 3339. */
  private static final String EXPIRY_LABEL = "containerd.io/gc.expire";

  private final LeasesBlockingV2Stub stub;

  Leases(Channel channel) {
    this.stub = LeasesGrpc.newBlockingV2Stub(channel);
  }

  /** Begins a lease, which ends by itself after {@code lifetime} if nobody ends it before. */
  public void create(Lease lease, Duration lifetime) throws ContainerdException {
    Instant expiry = Instant.now().plus(lifetime).truncatedTo(ChronoUnit.SECONDS);
    CreateRequest request =
        CreateRequest.newBuilder()
            .setId(lease.id())
            .putLabels(EXPIRY_LABEL, expiry.toString())
            .build();
    Calls.run(
        "creating lease " + lease.id(), () -> stub.withDeadlineAfter(Calls.QUICK).create(request));
  }

  /** Lets a lease keep some content alive that is there already, or comes to be. */
  public void addContent(Lease lease, String digest) throws ContainerdException {
    AddResourceRequest request =
        AddResourceRequest.newBuilder()
            .setId(lease.id())
            .setResource(Resource.newBuilder().setType("content").setId(digest))
            .build();
    Calls.run(
        "adding content " + digest + " to a lease",
        () -> stub.withDeadlineAfter(Calls.QUICK).addResource(request));
  }

  /** Lets a lease keep a snapshot alive that is there already. */
  public void addSnapshot(Lease lease, String snapshotter, String name) throws ContainerdException {
    AddResourceRequest request =
        AddResourceRequest.newBuilder()
            .setId(lease.id())
            .setResource(Resource.newBuilder().setType("snapshots/" + snapshotter).setId(name))
            .build();
    Calls.run(
        "adding snapshot " + name + " to a lease",
        () -> stub.withDeadlineAfter(Calls.QUICK).addResource(request));
  }

  /** Ends a lease; what only it kept alive goes with some later garbage collection. */
  public void delete(Lease lease) throws ContainerdException {
    delete(DeleteRequest.newBuilder().setId(lease.id()).build());
  }

  /**
   * Ends a lease and waits until what only it kept alive has been collected. Done also on a thread
   * that has been interrupted.
   */
  public void deleteAndCollect(Lease lease) throws ContainerdException {
    delete(DeleteRequest.newBuilder().setId(lease.id()).setSync(true).build());
  }

  private void delete(DeleteRequest request) throws ContainerdException {
    try {
      Calls.tidying(
          "deleting lease " + request.getId(),
          () -> stub.withDeadlineAfter(Calls.SLOW).delete(request));
    } catch (ContainerdException e) {
      if (e.code() != ContainerdException.Code.NOT_FOUND) {
        throw e;
      }
    }
  }

  /** All leases of the namespace. */
  public List<Lease> list() throws ContainerdException {
    return Calls.run(
            "listing leases",
            () -> stub.withDeadlineAfter(Calls.QUICK).list(ListRequest.getDefaultInstance()))
        .getLeasesList()
        .stream()
        .map(lease -> new Lease(lease.getId()))
        .toList();
  }
}
