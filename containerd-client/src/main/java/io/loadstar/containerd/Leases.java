package io.loadstar.containerd;

import io.grpc.Channel;
import io.loadstar.api.leases.v1.CreateRequest;
import io.loadstar.api.leases.v1.DeleteRequest;
import io.loadstar.api.leases.v1.LeasesGrpc;
import io.loadstar.api.leases.v1.LeasesGrpc.LeasesBlockingV2Stub;
import io.loadstar.api.leases.v1.ListRequest;
import java.security.SecureRandom;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HexFormat;
import java.util.List;

/** containerd's leases. Thread-safe. */
public final class Leases {

  /** When garbage collection may take a lease that nobody deleted; RFC 3339. */
  private static final String EXPIRY_LABEL = "containerd.io/gc.expire";

  private static final SecureRandom RANDOM = new SecureRandom();

  private final LeasesBlockingV2Stub stub;

  Leases(Channel channel) {
    this.stub = LeasesGrpc.newBlockingV2Stub(channel);
  }

  /** Makes a lease that ends by itself after {@code lifetime} if nobody ends it before. */
  public Lease create(Duration lifetime) throws ContainerdException {
    byte[] random = new byte[8];
    RANDOM.nextBytes(random);
    String id = "loadstar-" + System.nanoTime() + "-" + HexFormat.of().formatHex(random);
    Instant expiry = Instant.now().plus(lifetime).truncatedTo(ChronoUnit.SECONDS);
    CreateRequest request =
        CreateRequest.newBuilder().setId(id).putLabels(EXPIRY_LABEL, expiry.toString()).build();
    return new Lease(
        Calls.run("creating lease " + id, () -> stub.withDeadlineAfter(Calls.QUICK).create(request))
            .getLease()
            .getId());
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
