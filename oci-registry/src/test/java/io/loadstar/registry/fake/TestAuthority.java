package io.loadstar.registry.fake;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocketFactory;
import okhttp3.tls.HandshakeCertificates;
import okhttp3.tls.HeldCertificate;
import org.jspecify.annotations.Nullable;

/**
 * A certificate authority that nobody knows, and what it has issued: a server's certificate for
 * this machine and a client's. Made anew in each process.
 */
public final class TestAuthority {

  private static final HeldCertificate ROOT =
      new HeldCertificate.Builder()
          .commonName("Loadstar test authority")
          .certificateAuthority(0)
          .ecdsa256()
          .duration(2, TimeUnit.DAYS)
          .build();
  private static final HeldCertificate SERVER =
      new HeldCertificate.Builder()
          .commonName("localhost")
          .addSubjectAlternativeName("localhost")
          .addSubjectAlternativeName("127.0.0.1")
          .addSubjectAlternativeName("127.0.0.2")
          .addSubjectAlternativeName(ownName())
          .signedBy(ROOT)
          .duration(2, TimeUnit.DAYS)
          .build();
  private static final HeldCertificate CLIENT =
      new HeldCertificate.Builder()
          .commonName("client")
          .rsa2048()
          .signedBy(ROOT)
          .duration(2, TimeUnit.DAYS)
          .build();

  private static @Nullable Path rootFile;

  private TestAuthority() {}

  private static String ownName() {
    try {
      return InetAddress.getLocalHost().getHostName();
    } catch (UnknownHostException e) {
      return "localhost";
    }
  }

  /** Sockets of a server, which trusts clients that this authority has certified. */
  public static SSLSocketFactory serverSockets() {
    return serverContext().getSocketFactory();
  }

  /** What such sockets are made of. */
  public static SSLContext serverContext() {
    return new HandshakeCertificates.Builder()
        .heldCertificate(SERVER)
        .addTrustedCertificate(ROOT.certificate())
        .build()
        .sslContext();
  }

  /** Writes the authority's own certificate into {@code directory}: {@code ca.crt}. */
  public static Path writeRoot(Path directory) throws IOException {
    return Files.writeString(directory.resolve("ca.crt"), ROOT.certificatePem());
  }

  /** A file with the authority's own certificate, gone at the process's end. */
  public static synchronized Path rootFile() {
    try {
      if (rootFile == null) {
        rootFile = Files.createTempFile("loadstar-test-authority", ".crt");
        rootFile.toFile().deleteOnExit();
        Files.writeString(rootFile, ROOT.certificatePem());
      }
      return rootFile;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Writes the server's {@code server.crt} and {@code server.key}, and gives the directory. */
  public static Path writeServer(Path directory) throws IOException {
    Files.writeString(directory.resolve("server.crt"), SERVER.certificatePem());
    Files.writeString(directory.resolve("server.key"), SERVER.privateKeyPkcs8Pem());
    return directory;
  }

  /** Writes the client's {@code client.cert} and {@code client.key} (PKCS#8). */
  public static void writeClient(Path directory) throws IOException {
    Files.writeString(directory.resolve("client.cert"), CLIENT.certificatePem());
    Files.writeString(directory.resolve("client.key"), CLIENT.privateKeyPkcs8Pem());
  }

  /** The client's private key in OpenSSL's old form, "RSA PRIVATE KEY". */
  public static String clientKeyPkcs1() {
    return CLIENT.privateKeyPkcs1Pem();
  }

  /** The client's certificate. */
  public static String clientCertificate() {
    return CLIENT.certificatePem();
  }
}
