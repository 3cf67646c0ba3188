package io.loadstar.credentials;

import java.util.Locale;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Which images something is for, as a kubelet says it: {@code *.example.org:5000/team}. Immutable.
 *
 * <p>Host names match label by label, so there must be as many; in a label {@code *} stands for any
 * characters, {@code ?} for one, {@code [a-z]} for one of these. Ports must be the same, or both
 * missing. The path is the beginning of the repository's, character by character. Source: the
 * documentation of {@code CredentialProviderConfig} (kubelet.config.k8s.io/v1).
 *
 * @param host globs, a label each between dots
 * @param port empty if there is none
 * @param path with a slash in front; empty for all
 */
record ImagePattern(Pattern host, String port, String path) {

  private static final int MAX_LENGTH = 512;

  /**
   * Reads one.
   *
   * @param text with or without {@code https://} in front
   * @throws IllegalArgumentException if it is none
   */
  static ImagePattern parse(String text) {
    int scheme = text.indexOf("://");
    String rest = scheme < 0 ? text : text.substring(scheme + "://".length());
    int slash = rest.indexOf('/');
    String authority = slash < 0 ? rest : rest.substring(0, slash);
    String path = slash < 0 ? "" : withoutVersion(rest.substring(slash));
    int colon = portColon(authority);
    String host = colon < 0 ? authority : authority.substring(0, colon);
    if (host.isEmpty() || text.length() > MAX_LENGTH) {
      throw new IllegalArgumentException("\"" + text + "\" names no registry");
    }
    return new ImagePattern(
        glob(host.toLowerCase(Locale.ROOT)),
        colon < 0 ? "" : authority.substring(colon + 1),
        path.equals("/") ? "" : path);
  }

  /** Whether it is for a repository. */
  boolean matches(String registry, String repository) {
    int colon = portColon(registry);
    String name = colon < 0 ? registry : registry.substring(0, colon);
    String itsPort = colon < 0 ? "" : registry.substring(colon + 1);
    return port.equals(itsPort)
        && ("/" + repository).startsWith(path)
        && names(name.toLowerCase(Locale.ROOT)).anyMatch(one -> host.matcher(one).matches());
  }

  /** Docker Hub is also called by the name of its index. */
  private static Stream<String> names(String name) {
    return name.equals("docker.io") ? Stream.of(name, "index.docker.io") : Stream.of(name);
  }

  /** What docker writes, {@code https://index.docker.io/v1/}, is a whole registry. */
  private static String withoutVersion(String path) {
    return path.startsWith("/v1/") || path.startsWith("/v2/") ? path.substring(3) : path;
  }

  /** How particular it is: of several the longest path counts first. */
  int length() {
    return path.length();
  }

  /** A colon in brackets is an IPv6 address's. */
  private static int portColon(String authority) {
    int colon = authority.lastIndexOf(':');
    return colon > authority.lastIndexOf(']') ? colon : -1;
  }

  private static Pattern glob(String host) {
    StringBuilder regex = new StringBuilder();
    for (int i = 0; i < host.length(); i++) {
      char c = host.charAt(i);
      switch (c) {
        case '*' -> regex.append("[^.]*");
        case '?' -> regex.append("[^.]");
        case '[' -> {
          int end = host.indexOf(']', i);
          String set = end < 0 ? "" : host.substring(i + 1, end);
          // Anything else in brackets is an address.
          if (set.matches("\\^?[a-z0-9-]+")) {
            regex.append('[').append(set).append(']');
            i = end;
          } else {
            regex.append("\\[");
          }
        }
        default -> regex.append(Pattern.quote(String.valueOf(c)));
      }
    }
    return Pattern.compile(regex.toString());
  }
}
