package io.loadstar.registry.tls;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The authorities that this machine trusts, from the place where Go, and so containerd, looks: a
 * company's own is there, and not in the Java runtime's file. Immutable. Source: Go, crypto/x509,
 * root_linux.go and root_unix.go.
 */
final class SystemAuthorities {

  private static final Logger LOG = LoggerFactory.getLogger(SystemAuthorities.class);

  private static final List<String> BUNDLES =
      List.of(
          "/etc/ssl/certs/ca-certificates.crt", // Debian, Ubuntu, Gentoo, Arch
          "/etc/pki/tls/certs/ca-bundle.crt", // Fedora, RHEL 6
          "/etc/ssl/ca-bundle.pem", // openSUSE
          "/etc/pki/tls/cacert.pem", // OpenELEC
          "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", // RHEL 7
          "/etc/ssl/cert.pem"); // Alpine

  private static final List<String> DIRECTORIES = List.of("/etc/ssl/certs", "/etc/pki/tls/certs");

  private SystemAuthorities() {}

  /**
   * The certificates; none where the machine has none.
   *
   * @param environment of which {@code SSL_CERT_FILE} and {@code SSL_CERT_DIR} count
   */
  static List<X509Certificate> read(Map<String, String> environment) {
    List<X509Certificate> found = new ArrayList<>();
    String file = environment.getOrDefault("SSL_CERT_FILE", "");
    for (String bundle : file.isEmpty() ? BUNDLES : List.of(file)) {
      if (add(Path.of(bundle), found)) {
        break;
      }
    }
    String directories = environment.getOrDefault("SSL_CERT_DIR", "");
    if (!directories.isEmpty()) {
      addAll(List.of(directories.split(":")), found);
    } else if (found.isEmpty()) {
      addAll(DIRECTORIES, found);
    }
    return found;
  }

  private static void addAll(List<String> directories, List<X509Certificate> found) {
    for (String directory : directories) {
      try (DirectoryStream<Path> files = Files.newDirectoryStream(Path.of(directory))) {
        files.forEach(file -> add(file, found));
      } catch (IOException e) {
        LOG.debug("no authorities in {}: {}", directory, e.toString());
      }
    }
  }

  private static boolean add(@Nullable Path file, List<X509Certificate> found) {
    if (file == null || !Files.isRegularFile(file)) {
      return false;
    }
    try {
      return found.addAll(PemFile.read(file).certificates());
    } catch (IOException e) {
      LOG.debug("no authorities in {}: {}", file, e.toString());
      return false;
    }
  }
}
