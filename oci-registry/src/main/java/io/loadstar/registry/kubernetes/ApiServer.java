package io.loadstar.registry.kubernetes;

import io.loadstar.registry.hosts.HostTls;
import io.loadstar.registry.tls.PemFile;
import io.loadstar.registry.tls.SecureSockets;
import java.io.IOException;
import java.util.Optional;
import okhttp3.HttpUrl;

/**
 * A cluster's API server and who we are to it. Immutable. Has a secret, which is in no {@code
 * toString}.
 *
 * @param url its root
 * @param authority who has certified it; empty for the machine's authorities
 * @param check what is asked of its certificate
 * @param identity the certificate that we show, if we have one
 * @param authorization the value of the header, if we have one
 */
record ApiServer(
    HttpUrl url,
    Optional<PemFile> authority,
    HostTls.Check check,
    Optional<SecureSockets.Identity> identity,
    Optional<String> authorization) {

  ApiServer {
    if (!url.isHttps()) {
      throw new IllegalArgumentException("server " + url + " isn't under TLS");
    }
  }

  /**
   * Sockets to it.
   *
   * @throws IOException if a certificate or key can't be used
   */
  SecureSockets sockets() throws IOException {
    return SecureSockets.of(authority, identity, check);
  }

  @Override
  public String toString() {
    return "ApiServer[" + url + "]";
  }
}
