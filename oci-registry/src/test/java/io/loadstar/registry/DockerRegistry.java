package io.loadstar.registry;

import io.loadstar.oci.ImageReference;
import io.loadstar.registry.fake.TestAuthority;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;

/**
 * A registry for tests: Debian's docker-registry as a process of its own, on a free loopback port,
 * with its files and its log in a directory of the test's.
 */
public final class DockerRegistry implements AutoCloseable {

  private static final Path PROGRAM = Path.of("/usr/bin/docker-registry");
  private static final Pattern LISTENING = Pattern.compile("listening on (127\\.0\\.0\\.1:\\d+)");

  private final Process process;
  private final Path log;
  private final String host;

  private DockerRegistry(Process process, Path log, String host) {
    this.process = process;
    this.log = log;
    this.host = host;
  }

  /** Starts one that lets everyone in. Skips the test where docker-registry isn't installed. */
  public static DockerRegistry start(Path directory) throws IOException {
    return start(directory, "");
  }

  /** Starts one that wants {@code name} and a password, of which the bcrypt hash is given. */
  public static DockerRegistry startWithLogin(Path directory, String name, String bcrypt)
      throws IOException {
    Path users = directory.resolve("htpasswd");
    Files.writeString(users, name + ":" + bcrypt + "\n");
    return start(directory, "auth: {htpasswd: {realm: test, path: " + users + "}}\n");
  }

  /** Starts one under TLS, by a certificate of {@link TestAuthority}'s, that wants a password. */
  public static DockerRegistry startSecure(Path directory, String name, String bcrypt)
      throws IOException {
    TestAuthority.writeServer(directory);
    Path users = directory.resolve("htpasswd");
    Files.writeString(users, name + ":" + bcrypt + "\n");
    return start(
        directory,
        "  tls: {certificate: "
            + directory.resolve("server.crt")
            + ", key: "
            + directory.resolve("server.key")
            + "}\nauth: {htpasswd: {realm: test, path: "
            + users
            + "}}\n");
  }

  /** Starts a pull-through cache of another registry. */
  public static DockerRegistry startCache(Path directory, String upstream) throws IOException {
    return start(directory, "proxy: {remoteurl: 'http://" + upstream + "'}\n");
  }

  private static DockerRegistry start(Path directory, String more) throws IOException {
    Assumptions.assumeTrue(
        Files.isExecutable(PROGRAM),
        "skipped: needs /usr/bin/docker-registry (apt: docker-registry)");
    Path config = directory.resolve("registry.yml");
    Files.writeString(
        config,
        "version: 0.1\n"
            + "log: {level: info}\n"
            + "storage: {filesystem: {rootdirectory: "
            + directory.resolve("registry")
            + "}, delete: {enabled: true}}\n"
            + "http:\n  addr: '127.0.0.1:0'\n  secret: test\n"
            + more);
    Path log = directory.resolve("registry.log");
    Process process =
        new ProcessBuilder(PROGRAM.toString(), "serve", config.toString())
            .redirectErrorStream(true)
            .start();
    try {
      return new DockerRegistry(process, log, address(process, log));
    } catch (IOException | RuntimeException e) {
      process.destroyForcibly();
      throw e;
    }
  }

  /** Its host and port, as references have them. */
  public String host() {
    return host;
  }

  /** An image in it. */
  public ImageReference image(String repositoryAndTag) {
    return ImageReference.parse(host + "/" + repositoryAndTag);
  }

  /** The lines of its access log so far that contain {@code text}. */
  public List<String> accessLog(String text) throws IOException {
    try (Stream<String> lines = Files.lines(log, StandardCharsets.UTF_8)) {
      return lines
          .filter(line -> line.contains("HTTP/1.1\"") || line.contains("HTTP/2.0\""))
          .filter(line -> line.contains(text))
          .toList();
    }
  }

  /** Copies the process's output into the log, and waits until it says where it listens. */
  private static String address(Process process, Path log) throws IOException {
    CompletableFuture<String> address = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("registry-log")
        .start(() -> {
          try (BufferedReader lines = process.inputReader(StandardCharsets.UTF_8);
              var out = Files.newBufferedWriter(log)) {
            for (String line = lines.readLine(); line != null; line = lines.readLine()) {
              out.write(line + "\n");
              out.flush();
              Matcher matcher = LISTENING.matcher(line);
              if (matcher.find()) {
                address.complete(matcher.group(1));
              }
            }
            address.completeExceptionally(new IOException("docker-registry has ended"));
          } catch (IOException e) {
            address.completeExceptionally(e);
          }
        });
    try {
      return address.get(30, TimeUnit.SECONDS);
    } catch (ExecutionException | TimeoutException e) {
      throw new IOException("docker-registry doesn't start, see " + log, e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new UncheckedIOException(new IOException(e));
    }
  }

  /** Ends the process. */
  @Override
  public void close() {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
