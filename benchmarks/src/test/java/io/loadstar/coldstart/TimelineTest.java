package io.loadstar.coldstart;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.net.httpserver.HttpServer;
import io.loadstar.rig.ShapedRelay;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TimelineTest {

  @TempDir Path directory;

  @Test
  void requestsAreWrittenWithTheirTimes() throws Exception {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/",
        exchange -> {
          exchange.sendResponseHeaders(206, 1000);
          exchange.getResponseBody().write(new byte[1000]);
          exchange.close();
        });
    server.start();
    String target = "127.0.0.1:" + server.getAddress().getPort();
    long begin = System.nanoTime();
    try (ShapedRelay relay = ShapedRelay.start(target, new Line(20, 0).shape());
        HttpClient client = HttpClient.newHttpClient()) {
      client.send(
          HttpRequest.newBuilder(URI.create("http://" + relay.address() + "/v2/a/blobs/b"))
              .header("Range", "bytes=0-999")
              .build(),
          HttpResponse.BodyHandlers.ofByteArray());
      long end = System.nanoTime();
      Timeline timeline = Timeline.of(begin, begin, end, relay.exchanges());

      Timeline.Step step = timeline.steps().getFirst();
      assertTrue(step.begunMillis() >= 0, timeline::toString);
      assertTrue(step.endedMillis() >= step.begunMillis() + 20, timeline::toString);
      assertTrue(step.endedMillis() <= timeline.readyMillis() + 1, timeline::toString);
      Path file = directory.resolve("a.txt");
      timeline.write(file);
      List<String> lines = Files.readAllLines(file);
      assertEquals(2, lines.size());
      assertTrue(lines.getFirst().endsWith("GET /v2/a/blobs/b bytes=0-999"), lines::toString);
      assertTrue(lines.getLast().startsWith("pulled 0 ms, ready "), lines::toString);
    } finally {
      server.stop(0);
    }
  }
}
