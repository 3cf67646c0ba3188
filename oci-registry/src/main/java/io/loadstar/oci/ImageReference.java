package io.loadstar.oci;

import io.loadstar.blob.Digest;
import java.util.Locale;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Names an image in a registry: {@code host[:port]/repository[:tag][@digest]}. Immutable. What is
 * left out is filled in as docker does it: {@code alpine} is {@code
 * docker.io/library/alpine:latest}. Source: distribution's reference grammar and its normalisation.
 *
 * <p>{@code host} is the name people use ({@code docker.io}); which server answers for it is the
 * registry client's business.
 *
 * @param host the registry's host, with its port where one is given
 * @param repository the path below it
 * @param tag the tag, or null where only a digest is given
 * @param digest the digest, or null
 */
public record ImageReference(
    String host, String repository, @Nullable String tag, @Nullable Digest digest) {

  private static final String DEFAULT_HOST = "docker.io";
  private static final String OLD_DEFAULT_HOST = "index.docker.io";
  private static final String DEFAULT_TAG = "latest";

  /** Distribution's limit for host and repository together. */
  private static final int MAX_NAME_LENGTH = 255;

  private static final int MAX_TEXT_LENGTH = 1024;
  private static final int MAX_PORT = 0xffff;

  private static final String LABEL = "(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*+(?<!-))";
  private static final Pattern HOST =
      Pattern.compile(
          "(?:" + LABEL + "(?:\\." + LABEL + ")*|\\[[a-fA-F0-9:]+\\])(?::(?<port>[0-9]{1,5}))?");
  private static final String COMPONENT = "[a-z0-9]++(?:(?:[._]|__|-++)[a-z0-9]++)*+";
  private static final Pattern REPOSITORY = Pattern.compile(COMPONENT + "(?:/" + COMPONENT + ")*+");
  private static final Pattern TAG = Pattern.compile("[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,127}");

  public ImageReference {
    String name = host + "/" + repository;
    if (!isHostAndPort(host)) {
      throw new MalformedReferenceException("image " + name + ": " + host + " is no host name");
    }
    if (!REPOSITORY.matcher(repository).matches() || name.length() > MAX_NAME_LENGTH) {
      throw new MalformedReferenceException(
          "image "
              + name
              + ": a repository is lower-case letters, digits and . _ - between slashes, at most "
              + MAX_NAME_LENGTH
              + " characters with its host");
    }
    if (tag != null && !TAG.matcher(tag).matches()) {
      throw new MalformedReferenceException(
          "image " + name + ": " + tag + " is no tag (letters, digits, _ . -, at most 128)");
    }
    if (tag == null && digest == null) {
      throw new MalformedReferenceException("image " + name + " has neither tag nor digest");
    }
  }

  /**
   * Reads what a person types.
   *
   * @throws MalformedReferenceException if it names no image
   */
  public static ImageReference parse(String text) {
    if (text.isEmpty() || text.length() > MAX_TEXT_LENGTH) {
      throw new MalformedReferenceException(
          "an image reference has 1 to " + MAX_TEXT_LENGTH + " characters");
    }
    int at = text.indexOf('@');
    Digest digest = at < 0 ? null : digest(text, text.substring(at + 1));
    String named = at < 0 ? text : text.substring(0, at);
    int colon = named.lastIndexOf(':');
    boolean tagged = colon > named.lastIndexOf('/');
    String tag = tagged ? named.substring(colon + 1) : digest == null ? DEFAULT_TAG : null;
    return named(tagged ? named.substring(0, colon) : named, tag, digest);
  }

  /** The image's name without tag and digest. */
  public String name() {
    return host + "/" + repository;
  }

  /** What the registry is asked for: the digest where there is one, else the tag. */
  public String selector() {
    return digest != null ? digest.toString() : String.valueOf(tag);
  }

  public Optional<Digest> pinned() {
    return Optional.ofNullable(digest);
  }

  /** The manifest {@code pin} of the same repository. */
  public ImageReference withDigest(Digest pin) {
    return new ImageReference(host, repository, tag, pin);
  }

  /** Where the TOCs of this image's layers are, if they aren't in the layers; it has a tag then. */
  public Optional<ImageReference> tocImage() {
    String beside = tag + TocImage.SUFFIX;
    return tag == null || !TAG.matcher(beside).matches()
        ? Optional.empty()
        : Optional.of(new ImageReference(host, repository, beside, null));
  }

  /** The full form, as containerd names images. */
  @Override
  public String toString() {
    return name() + (tag == null ? "" : ":" + tag) + (digest == null ? "" : "@" + digest);
  }

  private static ImageReference named(String name, @Nullable String tag, @Nullable Digest digest) {
    int slash = name.indexOf('/');
    String first = slash < 0 ? "" : name.substring(0, slash);
    String host = isHost(first) ? first : DEFAULT_HOST;
    String repository = isHost(first) ? name.substring(slash + 1) : name;
    if (host.equals(OLD_DEFAULT_HOST)) {
      host = DEFAULT_HOST;
    }
    if (host.equals(DEFAULT_HOST) && repository.indexOf('/') < 0) {
      repository = "library/" + repository;
    }
    return new ImageReference(host, repository, tag, digest);
  }

  private static boolean isHostAndPort(String host) {
    Matcher matcher = HOST.matcher(host);
    if (!matcher.matches()) {
      return false;
    }
    String port = matcher.group("port");
    return port == null || (Integer.parseInt(port) > 0 && Integer.parseInt(port) <= MAX_PORT);
  }

  /** Docker's rule: the first component is a host if it looks like one and like nothing else. */
  private static boolean isHost(String first) {
    return first.indexOf('.') >= 0
        || first.indexOf(':') >= 0
        || first.equals("localhost")
        || !first.equals(first.toLowerCase(Locale.ROOT));
  }

  private static Digest digest(String text, String digest) {
    try {
      return Digest.parse(digest);
    } catch (IllegalArgumentException e) {
      throw new MalformedReferenceException("image " + text + ": " + e.getMessage());
    }
  }
}
