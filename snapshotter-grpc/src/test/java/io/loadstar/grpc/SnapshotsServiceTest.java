package io.loadstar.grpc;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.loadstar.api.snapshots.v1.Info;
import io.loadstar.api.snapshots.v1.ListSnapshotsRequest;
import io.loadstar.api.snapshots.v1.ListSnapshotsResponse;
import io.loadstar.snapshot.SnapshotException;
import io.loadstar.snapshot.Snapshotter;
import io.loadstar.snapshot.SnapshotterContractTest;
import java.nio.file.Path;
import java.util.Iterator;
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
            address, calls, UnixSocketServer.Offer.of(new SnapshotsService(backend, () -> {})));
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
  void snapshotsAreAskedOfWhileTheListIsRead() throws Exception {
    for (int i = 0; i < 250; i++) { // more than one message has
      client.prepare("key " + i, "", Map.of());
    }
    int asked = 0;
    Iterator<ListSnapshotsResponse> list =
        client.calls().list(ListSnapshotsRequest.getDefaultInstance());
    while (list.hasNext()) {
      for (Info info : list.next().getInfoList()) {
        assertEquals(info.getName(), client.stat(info.getName()).name());
        asked++;
      }
    }
    assertEquals(250, asked);
  }

  @Test
  void aFilterIsReadAtThisEnd() {
    assertThrows(SnapshotException.InvalidArgument.class, () -> client.list(List.of("name==\"")));
  }
}
