package io.loadstar.rig;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.Key;
import java.security.KeyStore;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.TimeoutException;

/**
 * A certificate authority that nobody knows, and one server that it has certified. Immutable.
 *
 * @param certificate the authority's own, as PEM
 * @param server the server's certificate, as PEM
 * @param key the server's private key, as PEM
 */
public record PrivateAuthority(Path certificate, Path server, Path key) {

  private static final String PASSWORD = "changeit";

  /**
   * Makes both with the JDK's keytool; they are good for two days.
   *
   * @param directory an existing one
   * @param name the server's
   */
  public static PrivateAuthority create(Path directory, String name)
      throws IOException, InterruptedException, TimeoutException {
    Path store = directory.resolve("keys.p12");
    keytool(store, "authority", List.of("-dname", "CN=rig", "-ext", "bc:c")).output();
    keytool(
            store,
            "server",
            List.of("-dname", "CN=" + name, "-ext", "san=dns:" + name, "-signer", "authority"))
        .output();
    try (InputStream in = Files.newInputStream(store)) {
      KeyStore keys = KeyStore.getInstance("PKCS12");
      keys.load(in, PASSWORD.toCharArray());
      Key key = keys.getKey("server", PASSWORD.toCharArray());
      return new PrivateAuthority(
          pem(
              directory.resolve("ca.crt"),
              "CERTIFICATE",
              keys.getCertificate("authority").getEncoded()),
          pem(
              directory.resolve("server.crt"),
              "CERTIFICATE",
              keys.getCertificate("server").getEncoded()),
          pem(directory.resolve("server.key"), "PRIVATE KEY", key.getEncoded()));
    } catch (GeneralSecurityException e) {
      throw new IOException("what keytool has made can't be read", e);
    }
  }

  private static Program keytool(Path store, String alias, List<String> more) {
    List<String> words = new ArrayList<>();
    words.add(Path.of(System.getProperty("java.home"), "bin", "keytool").toString());
    words.addAll(List.of("-genkeypair", "-keyalg", "EC", "-groupname", "secp256r1"));
    words.addAll(List.of("-validity", "2", "-alias", alias, "-storepass", PASSWORD));
    words.addAll(List.of("-storetype", "PKCS12", "-keystore", store.toString()));
    words.addAll(more);
    return Program.of(words.toArray(String[]::new));
  }

  private static Path pem(Path file, String kind, byte[] content) throws IOException {
    String lines =
        Base64.getMimeEncoder(64, "\n".getBytes(StandardCharsets.US_ASCII)).encodeToString(content);
    return Files.writeString(
        file, "-----BEGIN " + kind + "-----\n" + lines + "\n-----END " + kind + "-----\n");
  }
}
