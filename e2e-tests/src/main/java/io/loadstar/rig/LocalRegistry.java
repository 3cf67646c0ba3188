package io.loadstar.rig;

import io.loadstar.blob.Digest;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeoutException;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * docker-registry on a free port of the loopback address. Thread-safe. Whoever started it closes
 * it; its directory stays.
 *
 * <pre>
 *   DIRECTORY/registry.yml   its configuration
 *   DIRECTORY/storage/       what was pushed, in its own layout: docker/registry/v2/blobs/sha256/ab/abc…/data
 *   DIRECTORY/access.log     a line a request
 *   DIRECTORY/registry.log   all else that it says
 * </pre>
 */
public final class LocalRegistry implements AutoCloseable {

  private static final Duration START_LIMIT = Duration.ofSeconds(20);
  private static final Pattern LISTENING = Pattern.compile("listening on ([0-9.]+:\\d+)");

  private final Path directory;
  private final Daemon daemon;
  private final String address;

  private LocalRegistry(Path directory, Daemon daemon, String address) {
    this.directory = directory;
    this.daemon = daemon;
    this.address = address;
  }

  /**
   * Starts one.
   *
   * @param directory an existing one, of its own
   */
  public static LocalRegistry start(Path directory)
      throws IOException, InterruptedException, TimeoutException {
    return start(directory, "127.0.0.1:0");
  }

  /**
   * Starts one at {@code address}, on what an earlier one has left in {@code directory}.
   *
   * @param address {@code 127.0.0.1:port}, where 0 stands for a free port
   */
  public static LocalRegistry start(Path directory, String address)
      throws IOException, InterruptedException, TimeoutException {
    return startWith(directory, "http: {addr: '" + address + "', secret: rig}\n");
  }

  /**
   * Starts one under TLS that wants a login.
   *
   * @param address of this machine, without a port
   * @param login a line of an htpasswd file, with a bcrypt hash
   */
  public static LocalRegistry startSecure(
      Path directory, String address, PrivateAuthority authority, String login)
      throws IOException, InterruptedException, TimeoutException {
    Path users = Files.writeString(directory.resolve("htpasswd"), login + "\n");
    return startWith(
        directory,
        """
        http: {addr: '%s:0', secret: rig, tls: {certificate: '%s', key: '%s'}}
        auth: {htpasswd: {realm: rig, path: '%s'}}
        """
            .formatted(address, authority.server(), authority.key(), users));
  }

  /**
   * Starts one that wants a login, in the clear.
   *
   * @param login a line of an htpasswd file, with a bcrypt hash
   */
  public static LocalRegistry startPrivate(Path directory, String login)
      throws IOException, InterruptedException, TimeoutException {
    Path users = Files.writeString(directory.resolve("htpasswd"), login + "\n");
    return startWith(
        directory,
        """
        http: {addr: '127.0.0.1:0', secret: rig}
        auth: {htpasswd: {realm: rig, path: '%s'}}
        """
            .formatted(users));
  }

  private static LocalRegistry startWith(Path directory, String http)
      throws IOException, InterruptedException, TimeoutException {
    Path configuration = directory.resolve("registry.yml");
    Files.writeString(
        configuration,
        """
        version: 0.1
        log: {level: info, accesslog: {disabled: false}}
        storage: {filesystem: {rootdirectory: '%s'}, delete: {enabled: true}}
        """
                .formatted(directory.resolve("storage"))
            + http);
    Path log = directory.resolve("registry.log");
    Files.writeString(log, "");
    Daemon daemon =
        Daemon.start(
            "docker-registry",
            List.of("docker-registry", "serve", configuration.toString()),
            directory.resolve("access.log"),
            log);
    try {
      daemon.await(START_LIMIT, () -> LISTENING.matcher(daemon.log()).find());
      Matcher listening = LISTENING.matcher(daemon.log());
      if (!listening.find()) {
        throw new IOException("docker-registry doesn't say where it listens:\n" + daemon.log());
      }
      return new LocalRegistry(directory, daemon, listening.group(1));
    } catch (IOException | InterruptedException | TimeoutException e) {
      daemon.close();
      throw e;
    }
  }

  /** Where it listens: {@code 127.0.0.1:port}. */
  public String address() {
    return address;
  }

  /** The reference of {@code repository} and {@code tag} here. */
  public String reference(String repository, String tag) {
    return address + "/" + repository + ":" + tag;
  }

  /** What it has answered. */
  public AccessLog accessLog() {
    return new AccessLog(directory.resolve("access.log"));
  }

  /** The file that holds a blob that was pushed: to be looked at, or to be spoiled. */
  public Path blobFile(Digest digest) {
    return blobs()
        .resolve("sha256")
        .resolve(digest.hex().substring(0, 2))
        .resolve(digest.hex())
        .resolve("data");
  }

  /**
   * Copies all blobs and one repository, as they are now.
   *
   * @param directory an existing one, for {@link #take}
   */
  public void keep(String repository, Path directory)
      throws IOException, InterruptedException, TimeoutException {
    copy(repositories().resolve(repository), directory.resolve("repository"));
    copy(blobs(), directory.resolve("blobs"));
  }

  /**
   * Has what another one kept.
   *
   * @param directory of {@link #keep}
   * @param repository how it is called here, where there is none of the name
   */
  public void take(Path directory, String repository)
      throws IOException, InterruptedException, TimeoutException {
    copy(directory.resolve("blobs"), blobs());
    copy(directory.resolve("repository"), repositories().resolve(repository));
  }

  private Path repositories() {
    return directory.resolve("storage/docker/registry/v2/repositories");
  }

  private Path blobs() {
    return directory.resolve("storage/docker/registry/v2/blobs");
  }

  private static void copy(Path from, Path to)
      throws IOException, InterruptedException, TimeoutException {
    Files.createDirectories(to);
    Program.of("cp", "--recursive", "--no-target-directory", from.toString(), to.toString())
        .output();
  }

  @Override
  public void close() {
    daemon.close();
  }
}
