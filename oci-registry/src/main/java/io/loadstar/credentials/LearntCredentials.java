package io.loadstar.credentials;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Credentials that were seen while they were used: a kubelet gives them to containerd with each
 * pull. Thread-safe. They are good for the very repository they were seen with and for no other,
 * the newest first, and kept over restarts: {@link LearntFile}.
 *
 * <p>Bounded: {@value #MAX_PER_REPOSITORY} of a repository, {@value #MAX_ENTRIES} in all, {@value
 * #MAX_CHARS} characters in all, and {@link #MAX_AGE} since they were last seen. What was seen
 * longest ago goes first. Those of which nothing is on the node any more are forgotten: {@link
 * #forgetUnused}.
 */
public final class LearntCredentials implements ImageCredentials {

  private static final Logger log = LoggerFactory.getLogger(LearntCredentials.class);

  /** A pod may run that long without any being pulled; a shorter time would cost it its files. */
  static final Duration MAX_AGE = Duration.ofDays(90);

  static final int MAX_PER_REPOSITORY = 4;
  static final int MAX_ENTRIES = 1000;

  /** Of all names and secrets together. Cloud tokens have some 2 to 12 thousand. */
  static final int MAX_CHARS = 4 << 20;

  /** The same, seen again, isn't written again within this time. */
  private static final Duration WRITTEN_AGAIN_AFTER = Duration.ofDays(1);

  private final LearntFile file;
  private final InstantSource clock;
  private final Object writing = new Object();
  private final Object forgetting = new Object();
  private final PulledRepositories pulled = new PulledRepositories();

  /** Those seen last come last; guarded by itself. */
  private final List<Learnt> entries = new ArrayList<>();

  /**
   * One of them.
   *
   * @param host the registry, with its port if it has one
   * @param repository its path there
   * @param credentials what was used
   * @param seen when it was last
   */
  record Learnt(String host, String repository, Credentials credentials, Instant seen) {

    boolean isFor(String otherHost, String otherRepository) {
      return host.equals(otherHost) && repository.equals(otherRepository);
    }

    private boolean isSame(Learnt other) {
      return isFor(other.host, other.repository) && credentials.equals(other.credentials);
    }

    private int chars() {
      return host.length()
          + repository.length()
          + switch (credentials) {
            case Credentials.Anonymous _ -> 0;
            case Credentials.UsernamePassword(String name, String password) ->
                name.length() + password.length();
            case Credentials.IdentityToken(String token) -> token.length();
            case Credentials.RegistryToken(String token) -> token.length();
          };
    }
  }

  private LearntCredentials(LearntFile file, InstantSource clock) {
    this.file = file;
    this.clock = clock;
  }

  /**
   * Those that were kept, and a place for more. What can't be read is logged, and learnt anew.
   *
   * @param directory where the file is
   */
  public static LearntCredentials open(Path directory) {
    return open(directory, InstantSource.system());
  }

  static LearntCredentials open(Path directory, InstantSource clock) {
    LearntCredentials learnt = new LearntCredentials(new LearntFile(directory), clock);
    learnt.restore();
    return learnt;
  }

  private void restore() {
    try {
      List<Learnt> kept = file.read();
      synchronized (entries) {
        entries.addAll(kept);
        bound();
      }
    } catch (CredentialException e) {
      log.atWarn()
          .addKeyValue("error", e.getMessage())
          .log("credentials of earlier pulls are lost until the next one");
    }
  }

  /**
   * Remembers what was used for a repository, from now on as the first to be tried. Blocks while
   * the file is written.
   *
   * @throws IOException if it can't be kept; it is known all the same, until the next start
   */
  public void learn(String host, String repository, Credentials credentials) throws IOException {
    Learnt learnt = new Learnt(host, repository, credentials, clock.instant());
    if (credentials instanceof Credentials.Anonymous || learnt.chars() > MAX_CHARS) {
      return;
    }
    if (add(learnt)) {
      write();
    }
  }

  /** Whether what is on disk has to change for it. */
  private boolean add(Learnt learnt) {
    synchronized (entries) {
      Instant before = learnt.seen().minus(WRITTEN_AGAIN_AFTER);
      boolean fresh = false;
      for (Iterator<Learnt> all = entries.iterator(); all.hasNext(); ) {
        Learnt other = all.next();
        if (other.isSame(learnt)) {
          fresh = other.seen().isAfter(before);
          all.remove();
          // Keeps the time that is on disk, so that it is written again in time.
          learnt = fresh ? other : learnt;
          break;
        }
      }
      entries.add(learnt);
      bound();
      return !fresh;
    }
  }

  /** A pull of that repository begins: until it has succeeded, what it brings isn't unused. */
  public PulledRepositories.Pull pullOf(String repository) {
    return pulled.begin(repository);
  }

  /**
   * Forgets the credentials of repositories that nothing on the node is of, whatever registry they
   * are for: a mirror's are learnt for the mirror. Blocks while the file is written.
   *
   * @param used the repositories that something on the node is of; asked only if there is anything
   *     to forget
   * @throws IOException if it isn't known what is used, so nothing is forgotten; or what is
   *     forgotten can't be written, so it is known again after the next start
   */
  public void forgetUnused(UsedRepositories used) throws IOException {
    synchronized (forgetting) {
      pulled.watch();
      if (!mayAnyBeUnused()) {
        return;
      }
      Set<String> kept = used.find();
      boolean forgotten;
      synchronized (entries) {
        forgotten = entries.removeIf(entry -> isUnused(entry, kept));
      }
      if (forgotten) {
        write();
      }
    }
  }

  /** The repositories that something on the node is of. */
  @FunctionalInterface
  public interface UsedRepositories {

    /** All of them. */
    Set<String> find() throws IOException;
  }

  private boolean mayAnyBeUnused() {
    synchronized (entries) {
      return entries.stream().anyMatch(entry -> isUnused(entry, Set.of()));
    }
  }

  private boolean isUnused(Learnt entry, Set<String> kept) {
    return !kept.contains(entry.repository()) && !pulled.isNeeded(entry.repository());
  }

  private void write() throws IOException {
    synchronized (writing) {
      List<Learnt> now;
      synchronized (entries) {
        now = List.copyOf(entries);
      }
      file.write(now);
    }
  }

  private void bound() {
    Instant oldest = clock.instant().minus(MAX_AGE);
    entries.removeIf(entry -> entry.seen().isBefore(oldest));
    boundEachRepository();
    long chars = entries.stream().mapToLong(Learnt::chars).sum();
    while (entries.size() > MAX_ENTRIES || chars > MAX_CHARS) {
      chars -= entries.removeFirst().chars();
    }
  }

  private void boundEachRepository() {
    for (int i = entries.size() - 1; i >= 0; i--) {
      Learnt entry = entries.get(i);
      long newer =
          entries.subList(i + 1, entries.size()).stream()
              .filter(other -> other.isFor(entry.host(), entry.repository()))
              .count();
      if (newer >= MAX_PER_REPOSITORY) {
        entries.remove(i);
      }
    }
  }

  @Override
  public List<Credentials> all(String host, String repository) {
    Instant oldest = clock.instant().minus(MAX_AGE);
    synchronized (entries) {
      return entries.reversed().stream()
          .filter(entry -> entry.isFor(host, repository) && !entry.seen().isBefore(oldest))
          .map(Learnt::credentials)
          .toList();
    }
  }

  /**
   * Drops it if another is there for the repository. The last one stays: there may be nobody who
   * gives it again. The file is written with what is learnt next, since who tells this mustn't
   * block.
   */
  @Override
  public boolean refused(String host, String repository, Credentials credentials) {
    synchronized (entries) {
      List<Learnt> fitting =
          entries.stream().filter(entry -> entry.isFor(host, repository)).toList();
      return fitting.size() > 1
          && entries.removeIf(
              entry -> entry.isFor(host, repository) && entry.credentials().equals(credentials));
    }
  }
}
