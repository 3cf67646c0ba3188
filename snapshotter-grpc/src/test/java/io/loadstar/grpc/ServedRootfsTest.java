package io.loadstar.grpc;

import io.loadstar.snapshot.RootfsContractTest;
import io.loadstar.snapshot.Snapshotter;
import java.nio.file.Path;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;

/** Mounted as answered over a unix socket. */
final class ServedRootfsTest extends RootfsContractTest {

  private final ExecutorService calls = Executors.newFixedThreadPool(8);
  private @Nullable UnixSocketServer server;
  private @Nullable GrpcSnapshotter client;

  @Override
  protected Snapshotter reach(Snapshotter backend) throws Exception {
    Path address = folder.resolve("s.sock");
    server =
        UnixSocketServer.start(
            address, calls, UnixSocketServer.Offer.of(new SnapshotsService(backend, () -> {})));
    GrpcSnapshotter connected = GrpcSnapshotter.connect(address);
    client = connected;
    return connected;
  }

  @AfterEach
  void stop() throws Exception {
    if (client != null) {
      client.close();
    }
    if (server != null) {
      server.close();
    }
    calls.close();
  }
}
