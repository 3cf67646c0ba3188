package io.loadstar.credentials;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Repositories of which something may be about to come: a pull of them is under way, or the last
 * one has failed, and will be tried again. Thread-safe.
 *
 * <p>Whoever looks at what is there can't see what comes while he looks. So he says first that he
 * is going to, and from then on those count too whose pulls end meanwhile.
 */
public final class PulledRepositories {

  /** Many more than a node pulls at once; no further one is noted. */
  private static final int MAX_FAILED = 1000;

  private final Map<String, Integer> underWay = new HashMap<>();
  private final Set<String> failed = new HashSet<>();
  private final Set<String> sinceWatched = new HashSet<>();

  PulledRepositories() {}

  /** One pull. Thread-safe. */
  public final class Pull {

    private final String repository;
    private boolean ended;

    private Pull(String repository) {
      this.repository = repository;
    }

    /** It has brought what it was to bring. Counts if nothing was said before. */
    public void succeeded() {
      synchronized (PulledRepositories.this) {
        if (end()) {
          failed.remove(repository);
        }
      }
    }

    /** It has ended without that. Counts if nothing was said before. */
    public void failed() {
      synchronized (PulledRepositories.this) {
        if (end() && failed.size() < MAX_FAILED) {
          failed.add(repository);
        }
      }
    }

    private boolean end() {
      boolean now = !ended;
      ended = true;
      if (now) {
        underWay.computeIfPresent(repository, (_, count) -> count == 1 ? null : count - 1);
      }
      return now;
    }
  }

  synchronized Pull begin(String repository) {
    underWay.merge(repository, 1, Integer::sum);
    sinceWatched.add(repository);
    return new Pull(repository);
  }

  /** From now on, until the next call of this, what is pulled counts even when it has ended. */
  synchronized void watch() {
    sinceWatched.clear();
    sinceWatched.addAll(underWay.keySet());
  }

  /** Whether a pull of it is under way, was since {@link #watch}, or has failed. */
  synchronized boolean isNeeded(String repository) {
    return failed.contains(repository) || sinceWatched.contains(repository);
  }
}
