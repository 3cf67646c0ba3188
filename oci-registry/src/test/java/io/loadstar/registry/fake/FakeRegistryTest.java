package io.loadstar.registry.fake;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.CertificateFactory;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The fake, asked by a client that isn't ours. */
final class FakeRegistryTest {

  @TempDir Path directory;

  @ParameterizedTest
  @EnumSource
  void rangesAreServedAndRememberedOnEachWire(FakeRegistry.Wire wire) throws Exception {
    try (FakeRegistry registry = new FakeRegistry(wire);
        HttpClient client = client()) {
      HttpResponse<byte[]> answer = client.send(blob(registry, "bytes=-10"), bytes());
      assertEquals(206, answer.statusCode());
      assertEquals(
          "bytes 99990-99999/100000", answer.headers().firstValue("Content-Range").orElse(""));
      assertArrayEquals(Arrays.copyOfRange(registry.bytes(), 99_990, 100_000), answer.body());
      assertEquals(416, client.send(blob(registry, "bytes=100000-"), bytes()).statusCode());
      assertEquals(
          wire == FakeRegistry.Wire.HTTP_2_TLS
              ? HttpClient.Version.HTTP_2
              : HttpClient.Version.HTTP_1_1,
          answer.version());
      assertEquals(
          List.of(
              "GET /v2/a/b/blobs/" + registry.blob().digest() + " bytes=-10",
              "GET /v2/a/b/blobs/" + registry.blob().digest() + " bytes=100000-"),
          registry.lines());
    }
  }

  @ParameterizedTest
  @EnumSource
  void faultsComeInTheirOrderAndThenNoMore(FakeRegistry.Wire wire) throws Exception {
    try (FakeRegistry registry = new FakeRegistry(wire);
        HttpClient client = client()) {
      registry.next(Faults.status(503), Faults.wrongBytes());
      assertEquals(503, client.send(blob(registry, "bytes=0-9"), bytes()).statusCode());
      byte[] wrong = client.send(blob(registry, "bytes=0-9"), bytes()).body();
      assertEquals((byte) (registry.bytes()[0] ^ 0x55), wrong[0]);
      if (wire != FakeRegistry.Wire.HTTP_2_TLS) {
        registry.next(Faults.withoutLength());
        HttpResponse<byte[]> chunked = client.send(blob(registry, "bytes=0-9"), bytes());
        assertEquals(10, chunked.body().length);
        assertTrue(chunked.headers().firstValue("Content-Length").isEmpty());
      }
      registry.always(request -> true, Faults.earlyClose());
      assertThrows(IOException.class, () -> client.send(blob(registry, "bytes=0-99999"), bytes()));
      registry.heal();
      assertEquals(10, client.send(blob(registry, "bytes=0-9"), bytes()).body().length);
    }
  }

  @ParameterizedTest
  @EnumSource
  void aConnectionIsBrokenInsteadOfAnAnswer(FakeRegistry.Wire wire) throws Exception {
    try (FakeRegistry registry = new FakeRegistry(wire);
        HttpClient client = client()) {
      registry.always(request -> true, Faults.disconnect());
      assertThrows(IOException.class, () -> client.send(blob(registry, "bytes=0-9"), bytes()));
    }
  }

  @Test
  void bandwidthAndLatencyTakeTheirTime() throws Exception {
    try (FakeRegistry registry = new FakeRegistry();
        HttpClient client = client()) {
      registry.next(Faults.latency(Duration.ofMillis(150)), Faults.bandwidth(100_000));
      long start = System.nanoTime();
      client.send(blob(registry, "bytes=0-9"), bytes());
      assertTrue(System.nanoTime() - start >= 150_000_000);
      start = System.nanoTime();
      client.send(blob(registry, "bytes=0-39999"), bytes());
      assertTrue(System.nanoTime() - start >= 250_000_000);
    }
  }

  private static HttpRequest blob(FakeRegistry registry, String range) {
    return HttpRequest.newBuilder(
            URI.create(registry.url("/v2/a/b/blobs/" + registry.blob().digest())))
        .header("Range", range)
        .timeout(Duration.ofSeconds(20))
        .build();
  }

  private static HttpResponse.BodyHandler<byte[]> bytes() {
    return HttpResponse.BodyHandlers.ofByteArray();
  }

  private HttpClient client() throws Exception {
    String pem = Files.readString(TestAuthority.writeRoot(directory));
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    store.setCertificateEntry(
        "ca",
        CertificateFactory.getInstance("X.509")
            .generateCertificate(
                new ByteArrayInputStream(pem.getBytes(StandardCharsets.US_ASCII))));
    TrustManagerFactory trust =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    trust.init(store);
    SSLContext context = SSLContext.getInstance("TLS");
    context.init(null, trust.getTrustManagers(), null);
    return HttpClient.newBuilder().sslContext(context).build();
  }
}
