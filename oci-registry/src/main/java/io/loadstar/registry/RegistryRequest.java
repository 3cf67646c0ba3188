package io.loadstar.registry;

import java.util.Set;
import okhttp3.HttpUrl;
import okhttp3.Request;

/**
 * A request to a registry and what is needed to judge its answer. Immutable.
 *
 * @param http the request, without authorization
 * @param host the server whose credentials are used
 * @param purpose what it is for
 * @param expected the statuses that are an answer; any other is thrown
 */
record RegistryRequest(Request http, RegistryHost host, Purpose purpose, Set<Integer> expected) {

  /**
   * @param scope what a token must allow
   * @param object what is asked for, for messages ("image x", "blob y of z")
   * @param patience how long to wait for the answer
   */
  record Purpose(Scope scope, String object, Patience patience) {}

  /** How long to wait until the answer begins. */
  enum Patience {
    ANSWER,
    COMMIT
  }

  /** The same request to another place. */
  RegistryRequest at(HttpUrl url) {
    return new RegistryRequest(http.newBuilder().url(url).build(), host, purpose, expected);
  }

  boolean expects(int status) {
    return expected.contains(status);
  }
}
