package io.loadstar.registry.tls;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * Private keys as the JDK reads them, PKCS#8, out of OpenSSL's old forms. Source: RFC 5208; RFC
 * 8017, A.1.2; RFC 5915.
 */
final class PrivateKeyInfo {

  private static final HexFormat HEX = HexFormat.of();
  private static final byte[] VERSION_0 = HEX.parseHex("020100");

  /** SEQUENCE { OBJECT rsaEncryption 1.2.840.113549.1.1.1, NULL }. */
  private static final byte[] RSA = HEX.parseHex("300d06092a864886f70d0101010500");

  /** OBJECT id-ecPublicKey 1.2.840.10045.2.1. */
  private static final byte[] EC = HEX.parseHex("06072a8648ce3d0201");

  private static final int SEQUENCE = 0x30;
  private static final int OCTET_STRING = 0x04;
  private static final int OBJECT = 0x06;

  /** In a key of RFC 5915: [0] EXPLICIT, the curve. */
  private static final int PARAMETERS = 0xa0;

  private PrivateKeyInfo() {}

  static byte[] ofRsa(byte[] pkcs1) {
    return element(SEQUENCE, VERSION_0, RSA, element(OCTET_STRING, pkcs1));
  }

  /**
   * A key on an elliptic curve.
   *
   * @throws IOException if it doesn't name its curve
   */
  static byte[] ofCurve(byte[] sec1, Path file) throws IOException {
    byte[] curve = curve(sec1, file);
    return element(SEQUENCE, VERSION_0, element(SEQUENCE, EC, curve), element(OCTET_STRING, sec1));
  }

  /** The curve's OBJECT, which follows the private value: a0 LENGTH 06 LENGTH …. */
  private static byte[] curve(byte[] sec1, Path file) throws IOException {
    int value = find(sec1, OCTET_STRING, 0);
    int parameters = value < 0 ? -1 : value + 2 + sec1[value + 1];
    boolean named =
        parameters > 0
            && parameters + 4 < sec1.length
            && (sec1[parameters] & 0xff) == PARAMETERS
            && sec1[parameters + 2] == OBJECT;
    int end = named ? parameters + 4 + sec1[parameters + 3] : 0;
    if (!named || end > sec1.length) {
      throw new IOException(file + " has a key that doesn't name its curve");
    }
    return Arrays.copyOfRange(sec1, parameters + 2, end);
  }

  /** The private value stands within the first few bytes: SEQUENCE, INTEGER 1, OCTET STRING. */
  private static int find(byte[] der, int tag, int from) {
    for (int i = from; i < Math.min(der.length - 1, 8); i++) {
      if (der[i] == tag && der[i + 1] > 0) {
        return i;
      }
    }
    return -1;
  }

  private static byte[] element(int tag, byte[]... parts) {
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    for (byte[] part : parts) {
      content.writeBytes(part);
    }
    int length = content.size();
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(tag);
    if (length < 0x80) {
      out.write(length);
    } else if (length < 0x100) {
      out.write(0x81);
      out.write(length);
    } else {
      out.write(0x82);
      out.write(length >> 8);
      out.write(length);
    }
    out.writeBytes(content.toByteArray());
    return out.toByteArray();
  }
}
