package io.loadstar.registry.tls;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateException;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A file in PEM: certificates, a private key, or both. Immutable. Source: RFC 7468. No message of
 * it quotes what is in the file.
 */
public final class PemFile {

  private static final Logger LOG = LoggerFactory.getLogger(PemFile.class);

  /** Of which a system's bundle has about a quarter. */
  private static final int MAX_BYTES = 4 << 20;

  private static final Pattern BLOCK =
      Pattern.compile("-----BEGIN ([A-Z0-9 ]{1,40})-----([^-]*)-----END \\1-----");

  private final Path file;
  private final String text;

  private PemFile(Path file, String text) {
    this.file = file;
    this.text = text;
  }

  /**
   * Reads one.
   *
   * @throws IOException if it can't be read or is too large
   */
  public static PemFile read(Path file) throws IOException {
    byte[] bytes;
    try (InputStream in = Files.newInputStream(file)) {
      bytes = in.readNBytes(MAX_BYTES + 1);
    }
    if (bytes.length > MAX_BYTES) {
      throw new IOException(file + " is larger than " + MAX_BYTES + " bytes");
    }
    return of(file, bytes);
  }

  /**
   * One that is a part of another file.
   *
   * @param file the other file, for messages
   */
  public static PemFile of(Path file, byte[] bytes) {
    return new PemFile(file, new String(bytes, StandardCharsets.ISO_8859_1));
  }

  /**
   * The certificates, in their order. One that can't be understood is left out.
   *
   * @throws IOException if there is none
   */
  List<X509Certificate> certificates() throws IOException {
    List<X509Certificate> certificates = new ArrayList<>();
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      if (block.group(1).endsWith("CERTIFICATE")) {
        certificate(block.group(2), certificates);
      }
    }
    if (certificates.isEmpty()) {
      throw new IOException(file + " has no certificate");
    }
    return certificates;
  }

  private void certificate(String base64, List<X509Certificate> certificates) throws IOException {
    try {
      CertificateFactory factory = CertificateFactory.getInstance("X.509");
      ByteArrayInputStream der = new ByteArrayInputStream(decode(base64));
      certificates.add((X509Certificate) factory.generateCertificate(der));
    } catch (CertificateException e) {
      LOG.debug("{}: a certificate is left out: {}", file, e.toString());
    }
  }

  /**
   * The private key.
   *
   * @throws IOException if there is none, or one that is encrypted or of an unknown kind
   */
  PrivateKey privateKey() throws IOException {
    Matcher block = BLOCK.matcher(text);
    while (block.find()) {
      byte[] der;
      switch (block.group(1)) {
        case "PRIVATE KEY" -> der = decode(block.group(2));
        case "RSA PRIVATE KEY" -> der = PrivateKeyInfo.ofRsa(decode(block.group(2)));
        case "EC PRIVATE KEY" -> der = PrivateKeyInfo.ofCurve(decode(block.group(2)), file);
        case "ENCRYPTED PRIVATE KEY" ->
            throw new IOException(file + " has an encrypted key; give one without a passphrase");
        default -> {
          continue;
        }
      }
      return privateKey(der);
    }
    throw new IOException(file + " has no private key");
  }

  private PrivateKey privateKey(byte[] pkcs8) throws IOException {
    for (String algorithm : List.of("RSA", "EC", "EdDSA", "RSASSA-PSS")) {
      try {
        return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(pkcs8));
      } catch (GeneralSecurityException e) {
        LOG.debug("{}: not a key for {}", file, algorithm);
      }
    }
    throw new IOException(file + " has a private key of an unknown kind");
  }

  private byte[] decode(String base64) throws IOException {
    // Old keys that are encrypted have headers, "Proc-Type: 4,ENCRYPTED", before the key.
    if (base64.contains("ENCRYPTED")) {
      throw new IOException(file + " has an encrypted key; give one without a passphrase");
    }
    try {
      return Base64.getMimeDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw new IOException(file + " has a block that isn't base64", e);
    }
  }
}
