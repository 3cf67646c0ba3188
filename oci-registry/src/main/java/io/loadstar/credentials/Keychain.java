package io.loadstar.credentials;

import java.io.IOException;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;

/**
 * All places where a node's credentials may be, asked in their order, each only if those before it
 * have nothing that fits. Thread-safe if they are.
 *
 * <p>What a server has refused is set aside for that repository for {@link #REST}, and the next one
 * that fits is given, in the end nobody's: the image may be public. It isn't forgotten, since a
 * registry that has lost its own users for a minute would otherwise cost a running container its
 * files for good. Places are told as well, and may drop it or get another.
 *
 * <p>A place that can't be read is an error only if no other has any.
 */
public final class Keychain implements CredentialSource {

  /** How long what was refused isn't given again. */
  static final Duration REST = Duration.ofMinutes(1);

  /** Above this many the oldest is given again: it is refused again. */
  private static final int MAX_REFUSED = 1000;

  private final List<CredentialSource> places;
  private final LongSupplier nanoTime;

  /** When it was refused; guarded by itself. */
  private final Map<Refusal, Long> refusals =
      new LinkedHashMap<>() {
        @Override
        protected boolean removeEldestEntry(Map.Entry<Refusal, Long> eldest) {
          return size() > MAX_REFUSED;
        }
      };

  private record Refusal(String host, String repository, Credentials credentials) {

    boolean isFor(String otherHost, String otherRepository) {
      return host.equals(otherHost) && repository.equals(otherRepository);
    }
  }

  /**
   * @param places the first that has any counts
   */
  public Keychain(List<CredentialSource> places) {
    this(places, System::nanoTime);
  }

  /**
   * @param nanoTime as {@link System#nanoTime}
   */
  Keychain(List<CredentialSource> places, LongSupplier nanoTime) {
    this.places = List.copyOf(places);
    this.nanoTime = nanoTime;
  }

  @Override
  public Credentials find(String host) throws IOException {
    return find(host, "");
  }

  @Override
  public Credentials find(String host, String repository) throws IOException {
    CredentialException failure = null;
    for (CredentialSource place : places) {
      try {
        for (Credentials credentials : place.all(host, repository)) {
          if (!isSetAside(new Refusal(host, repository, credentials))) {
            return credentials;
          }
        }
      } catch (CredentialException e) {
        failure = failure == null ? e : failure;
      }
    }
    if (failure != null) {
      throw failure;
    }
    return new Credentials.Anonymous();
  }

  @Override
  public boolean refused(String host, String repository, Credentials credentials) {
    if (credentials instanceof Credentials.Anonymous) {
      return false;
    }
    synchronized (refusals) {
      Refusal refusal = new Refusal(host, repository, credentials);
      refusals.remove(refusal);
      refusals.put(refusal, nanoTime.getAsLong());
    }
    for (CredentialSource place : places) {
      var _ = place.refused(host, repository, credentials);
    }
    return true;
  }

  @Override
  public boolean hasRefused(String host, String repository) {
    synchronized (refusals) {
      return refusals.entrySet().stream()
          .anyMatch(entry -> entry.getKey().isFor(host, repository) && isResting(entry.getValue()));
    }
  }

  private boolean isResting(long refusedAt) {
    return nanoTime.getAsLong() - refusedAt < REST.toNanos();
  }

  private boolean isSetAside(Refusal refusal) {
    synchronized (refusals) {
      Long at = refusals.get(refusal);
      if (at == null) {
        return false;
      }
      if (isResting(at)) {
        return true;
      }
      refusals.remove(refusal);
      return false;
    }
  }
}
