package io.loadstar.registry.tls;

import io.loadstar.registry.hosts.ClientCertificate;
import io.loadstar.registry.hosts.HostTls;
import java.io.IOException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/**
 * What makes sockets under TLS as a {@link HostTls} says. Immutable.
 *
 * @param factory makes them
 * @param trust judges certificates
 * @param check whether a server's name is looked at, too
 */
public record SecureSockets(SSLSocketFactory factory, X509TrustManager trust, HostTls.Check check) {

  /** A key store is in memory only; its format wants a password. */
  private static final char[] IN_MEMORY = {};

  /** What we prove with who we are: a certificate, with those that lead to its authority. */
  public record Identity(PemFile certificate, PemFile key) {}

  /**
   * Reads the files and the machine's own authorities: tens of milliseconds.
   *
   * @param environment the process's
   * @throws IOException if a file that is named can't be used; the message has no key's content
   */
  public static SecureSockets of(HostTls tls, Map<String, String> environment) throws IOException {
    List<Identity> identities = new ArrayList<>();
    for (ClientCertificate client : tls.clients()) {
      identities.add(new Identity(PemFile.read(client.certificate()), PemFile.read(client.key())));
    }
    return of(
        tls.check() == HostTls.Check.FULL ? authorities(tls, environment) : List.of(),
        identities,
        tls.check());
  }

  /**
   * For a server whose certificate is one authority's and no other's.
   *
   * @param authority empty for the machine's own authorities
   * @throws IOException if something can't be used; the message has no key's content
   */
  public static SecureSockets of(
      Optional<PemFile> authority, Optional<Identity> identity, HostTls.Check check)
      throws IOException {
    return of(
        authority.isPresent()
            ? authority.get().certificates()
            : SystemAuthorities.read(System.getenv()),
        identity.stream().toList(),
        check);
  }

  private static SecureSockets of(
      List<X509Certificate> authorities, List<Identity> identities, HostTls.Check check)
      throws IOException {
    try {
      X509TrustManager trust =
          switch (check) {
            case FULL -> trust(authorities);
            case NONE -> new TrustsAnyone();
          };
      SSLContext context = SSLContext.getInstance("TLS");
      context.init(keys(identities), new TrustManager[] {trust}, null);
      return new SecureSockets(context.getSocketFactory(), trust, check);
    } catch (GeneralSecurityException e) {
      throw new IOException("certificates can't be used: " + e.getMessage(), e);
    }
  }

  private static List<X509Certificate> authorities(HostTls tls, Map<String, String> environment)
      throws IOException {
    List<X509Certificate> all = new ArrayList<>(SystemAuthorities.read(environment));
    for (Path file : tls.authorities()) {
      all.addAll(PemFile.read(file).certificates());
    }
    return all;
  }

  private static X509TrustManager trust(List<X509Certificate> authorities)
      throws GeneralSecurityException, IOException {
    TrustManagerFactory factory =
        TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
    // Without any authority of the machine's, the Java runtime's own are better than none.
    factory.init(authorities.isEmpty() ? null : store(authorities));
    for (TrustManager manager : factory.getTrustManagers()) {
      if (manager instanceof X509TrustManager trust) {
        return trust;
      }
    }
    throw new GeneralSecurityException("the runtime judges no certificates");
  }

  private static KeyStore store(List<X509Certificate> certificates)
      throws GeneralSecurityException, IOException {
    KeyStore store = emptyStore();
    for (int i = 0; i < certificates.size(); i++) {
      store.setCertificateEntry("authority" + i, certificates.get(i));
    }
    return store;
  }

  private static KeyManager @Nullable [] keys(List<Identity> identities)
      throws GeneralSecurityException, IOException {
    if (identities.isEmpty()) {
      return null;
    }
    KeyStore store = emptyStore();
    for (int i = 0; i < identities.size(); i++) {
      Identity identity = identities.get(i);
      X509Certificate[] chain =
          identity.certificate().certificates().toArray(X509Certificate[]::new);
      store.setKeyEntry("client" + i, identity.key().privateKey(), IN_MEMORY, chain);
    }
    KeyManagerFactory factory =
        KeyManagerFactory.getInstance(KeyManagerFactory.getDefaultAlgorithm());
    factory.init(store, IN_MEMORY);
    return factory.getKeyManagers();
  }

  private static KeyStore emptyStore() throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance("PKCS12");
    store.load(null, null);
    return store;
  }
}
