package io.loadstar.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.loadstar.api.snapshots.v1.CommitSnapshotRequest;
import io.loadstar.snapshot.SnapshotException;
import io.loadstar.snapshot.Snapshotter;
import io.loadstar.snapshot.SnapshotterContractTest;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The contract, over a unix socket. */
final class SnapshotsServiceTest extends SnapshotterContractTest {

  @TempDir Path sockets;

  private final ExecutorService calls = Executors.newFixedThreadPool(8);

  @SuppressWarnings("NullAway.Init") // set by reach, before each test
  private UnixSocketServer server;

  @SuppressWarnings("NullAway.Init")
  private GrpcSnapshotter client;

  @Override
  protected Snapshotter reach(Snapshotter backend) throws Exception {
    Path address = sockets.resolve("s.sock");
    server =
        UnixSocketServer.start(
            address, calls, UnixSocketServer.Offer.of(new SnapshotsService(backend)));
    client = GrpcSnapshotter.connect(address);
    return client;
  }

  @AfterEach
  void stop() throws Exception {
    client.close();
    server.close();
    calls.close();
  }

  @Test
  void aCommitWithAnotherParentIsNotARebase() throws Exception {
    client.prepare("key", "", Map.of());
    CommitSnapshotRequest request =
        CommitSnapshotRequest.newBuilder().setKey("key").setName("name").setParent("other").build();
    StatusRuntimeException e =
        assertThrows(StatusRuntimeException.class, () -> client.calls().commit(request));
    assertEquals(Status.Code.INVALID_ARGUMENT, e.getStatus().getCode());
  }

  @Test
  void aFilterIsReadAtThisEnd() {
    assertThrows(SnapshotException.InvalidArgument.class, () -> client.list(List.of("name==\"")));
  }
}
