package io.loadstar.registry;

import io.loadstar.registry.fake.TestAuthority;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Assumptions;

/**
 * Debian's nginx in front of a {@link DockerRegistry}, under TLS with HTTP/2: it sends reads of
 * blobs on to a store, which is nginx, too, and serves the registry's own files to who brings the
 * signature of the day.
 */
final class NginxFront implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/sbin/nginx");
  private static final Duration LIMIT = Duration.ofSeconds(20);
  private static final int START_ATTEMPTS = 3;

  private final Path directory;
  private final String registry;
  private final int front;
  private final int store;
  private final Process process;

  private NginxFront(Path directory, String registry) throws IOException {
    this.directory = directory;
    this.registry = registry;
    try (ServerSocket first = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
        ServerSocket second = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      this.front = first.getLocalPort();
      this.store = second.getLocalPort();
    }
    Files.createDirectories(directory.resolve("nginx"));
    TestAuthority.writeServer(directory);
    writeConfig("one");
    this.process =
        new ProcessBuilder(
                PROGRAM.toString(),
                "-p",
                directory.resolve("nginx").toString(),
                "-e",
                directory.resolve("nginx-error.log").toString(),
                "-c",
                directory.resolve("nginx.conf").toString())
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("nginx.out").toFile())
            .start();
  }

  /**
   * Starts one. Skips the test where nginx isn't installed.
   *
   * @param directory the registry's, whose files are served
   * @param registry the registry's host and port
   */
  static NginxFront start(Path directory, String registry)
      throws IOException, InterruptedException {
    Assumptions.assumeTrue(
        Files.isExecutable(PROGRAM), "skipped: needs /usr/sbin/nginx (apt: nginx-light)");
    for (int attempt = 1; ; attempt++) {
      NginxFront started = new NginxFront(directory, registry);
      try {
        started.awaitStart();
        return started;
      } catch (IOException e) {
        // Somebody else may have taken a port that was free a moment ago.
        started.close();
        if (attempt == START_ATTEMPTS) {
          throw e;
        }
      } catch (InterruptedException e) {
        started.close();
        throw e;
      }
    }
  }

  private void awaitStart() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (true) {
      try {
        new Socket(InetAddress.getLoopbackAddress(), front).close();
        return;
      } catch (IOException e) {
        if (System.nanoTime() - deadline > 0 || process.waitFor(50, TimeUnit.MILLISECONDS)) {
          throw new IOException("nginx doesn't start, see " + directory, e);
        }
      }
    }
  }

  private void writeConfig(String signature) throws IOException {
    Files.writeString(
        directory.resolve("nginx.conf"),
        """
        daemon off;
        user root;
        worker_processes 1;
        pid %1$s/nginx.pid;
        error_log %1$s/nginx-error.log warn;
        events { worker_connections 256; }
        http {
          log_format ours '$server_port $request_method $uri $status "$http_range" auth=$http_authorization $server_protocol';
          access_log %1$s/nginx-access.log ours;
          client_body_temp_path %1$s/nginx/body;
          proxy_temp_path %1$s/nginx/proxy;
          fastcgi_temp_path %1$s/nginx/fastcgi;
          uwsgi_temp_path %1$s/nginx/uwsgi;
          scgi_temp_path %1$s/nginx/scgi;
          client_max_body_size 0;
          ssl_certificate %1$s/server.crt;
          ssl_certificate_key %1$s/server.key;
          server {
            listen 127.0.0.1:%2$d ssl http2;
            location / {
              proxy_pass http://%4$s;
              proxy_set_header Host $http_host;
              proxy_set_header X-Forwarded-Proto https;
            }
            location ~ "^/v2/.+/blobs/sha256:(?<two>[0-9a-f][0-9a-f])(?<rest>[0-9a-f]+)$" {
              if ($request_method = GET) {
                return 307 https://127.0.0.1:%3$d/$two/$two$rest/data?sig=%5$s;
              }
              proxy_pass http://%4$s;
              proxy_set_header Host $http_host;
              proxy_set_header X-Forwarded-Proto https;
            }
          }
          server {
            listen 127.0.0.1:%3$d ssl http2;
            root %1$s/registry/docker/registry/v2/blobs/sha256;
            location / {
              if ($arg_sig != "%5$s") { return 403; }
            }
          }
        }
        """
            .formatted(directory, front, store, registry, signature));
  }

  /** From now on another signature is wanted, and the registry's redirects have it. */
  void signAnew(String signature) throws IOException, InterruptedException {
    writeConfig(signature);
    // Before it is told: the new ones may be there at once.
    List<Long> old = process.children().map(ProcessHandle::pid).toList();
    Process hangUp =
        new ProcessBuilder("kill", "-HUP", Long.toString(process.pid())).inheritIO().start();
    if (hangUp.waitFor() != 0) {
      throw new IOException("nginx can't be told");
    }
    long deadline = System.nanoTime() + LIMIT.toNanos();
    while (process.children().map(ProcessHandle::pid).anyMatch(old::contains)
        || process.children().count() < old.size()) {
      if (System.nanoTime() - deadline > 0 || process.waitFor(20, TimeUnit.MILLISECONDS)) {
        throw new IOException("nginx doesn't take its new configuration, see " + directory);
      }
    }
  }

  String host() {
    return "127.0.0.1:" + front;
  }

  /** The lines of its log so far that contain {@code text}. */
  List<String> log(String text) throws IOException {
    return Files.readAllLines(directory.resolve("nginx-access.log")).stream()
        .filter(line -> line.contains(text))
        .toList();
  }

  /** The start of the store's lines in the log. */
  String storePort() {
    return store + " ";
  }

  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
