package io.loadstar.pull.served;

import io.loadstar.pull.Caller;
import io.loadstar.registry.RegistryClient;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.BasicFileAttributes;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.TimeUnit;

/**
 * Registry clients, with their connections and tokens, kept a while for the next pull that is
 * ordered in the same way. Thread-safe.
 *
 * <p>A client has what one caller's files, variables and words say, and serves no other: all of
 * that is its key, and of the files of credentials when they were changed last.
 */
final class KeptRegistries implements AutoCloseable {

  /** As long as servers commonly leave a connection open. */
  private static final Duration KEPT_FOR = Duration.ofSeconds(60);

  /** Clients that nobody uses. */
  private static final int MAX_IDLE = 8;

  /** What a shell sets anew for each command, and what means nothing to registries. */
  private static final Set<String> PASSING =
      Set.of("_", "PWD", "OLDPWD", "SHLVL", "COLUMNS", "LINES");

  private final Map<Key, Kept> kept = new HashMap<>();
  private final Executor later =
      CompletableFuture.delayedExecutor(KEPT_FOR.toNanos() + 1, TimeUnit.NANOSECONDS);
  private boolean closed;

  private record Key(Caller caller, Set<String> hosts, List<String> files) {}

  /** One client; guarded by the outer object. */
  private static final class Kept {
    private final RegistryClient client;
    private int users;
    private long idleSince;

    Kept(RegistryClient client) {
      this.client = client;
    }
  }

  /** A client, as long as it is open. Closing it leaves the client for the next one. */
  final class Held implements AutoCloseable {
    private final Kept held;

    private Held(Kept held) {
      this.held = held;
    }

    RegistryClient client() {
      return held.client;
    }

    @Override
    public void close() {
      release(held);
    }
  }

  /**
   * A client that reaches registries as {@code caller} does.
   *
   * @param hosts the registries that the command line speaks of
   * @throws IllegalArgumentException if the environment names a proxy that can't be used
   */
  synchronized Held take(Caller caller, Set<String> hosts) {
    Key key = key(caller, hosts);
    Kept found = kept.get(key);
    if (found == null) {
      found = new Kept(new RegistryClient(caller.access(hosts)));
      kept.put(key, found);
    }
    found.users++;
    return new Held(found);
  }

  private synchronized void release(Kept held) {
    held.users--;
    held.idleSince = System.nanoTime();
    drop(closed ? Duration.ZERO : KEPT_FOR);
    if (!closed) {
      later.execute(() -> drop(KEPT_FOR));
    }
  }

  /** Ends those that nobody has used for so long, and the oldest of too many. */
  private synchronized void drop(Duration unused) {
    long now = System.nanoTime();
    List<Map.Entry<Key, Kept>> idle =
        new ArrayList<>(
            kept.entrySet().stream()
                .filter(entry -> entry.getValue().users == 0)
                .sorted((a, b) ->
                    Long.compare(b.getValue().idleSince - now, a.getValue().idleSince - now))
                .toList());
    for (int i = 0; i < idle.size(); i++) {
      Kept each = idle.get(i).getValue();
      if (i >= MAX_IDLE || now - each.idleSince >= unused.toNanos()) {
        kept.remove(idle.get(i).getKey());
        each.client.close();
      }
    }
  }

  private static Key key(Caller caller, Set<String> hosts) {
    Map<String, String> lasting = new HashMap<>(caller.environment());
    lasting.keySet().removeAll(PASSING);
    return new Key(
        new Caller(caller.registries(), caller.login(), lasting, caller.home()),
        Set.copyOf(hosts),
        caller.credentialFiles().stream().map(KeptRegistries::stamp).toList());
  }

  private static String stamp(Path file) {
    try {
      BasicFileAttributes is = Files.readAttributes(file, BasicFileAttributes.class);
      return is.lastModifiedTime() + "/" + is.size() + "/" + is.fileKey();
    } catch (IOException e) {
      return "none";
    }
  }

  /** Ends all that nobody uses, and the others when they are let go. */
  @Override
  public synchronized void close() {
    closed = true;
    drop(Duration.ZERO);
  }
}
