package io.loadstar.registry.kubernetes;

import io.loadstar.registry.hosts.HostTls;
import io.loadstar.registry.tls.PemFile;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import okhttp3.HttpUrl;

/** What a pod has to speak to its cluster: a service account's token. */
final class PodAccount {

  private static final int MAX_TOKEN_BYTES = 1 << 16;

  private PodAccount() {}

  /**
   * Reads it.
   *
   * @param directory where {@code token} and {@code ca.crt} are mounted
   * @param environment the process's
   */
  static ApiServer read(Path directory, Map<String, String> environment) throws IOException {
    String host = environment.getOrDefault("KUBERNETES_SERVICE_HOST", "");
    String port = environment.getOrDefault("KUBERNETES_SERVICE_PORT", "443");
    String bracketed = host.indexOf(':') >= 0 ? "[" + host + "]" : host;
    HttpUrl url = HttpUrl.parse("https://" + bracketed + ":" + port);
    if (url == null) {
      throw new IOException("KUBERNETES_SERVICE_HOST and _PORT name no server");
    }
    return new ApiServer(
        url,
        Optional.of(PemFile.read(directory.resolve("ca.crt"))),
        HostTls.Check.FULL,
        Optional.empty(),
        Optional.of("Bearer " + token(directory.resolve("token"))));
  }

  /**
   * A token that a file has.
   *
   * @throws IOException if it has none; the message doesn't quote it
   */
  static String token(Path file) throws IOException {
    if (Files.size(file) > MAX_TOKEN_BYTES) {
      throw new IOException(file + " has no token: larger than " + MAX_TOKEN_BYTES + " bytes");
    }
    return usable(Files.readString(file, StandardCharsets.ISO_8859_1).strip(), file);
  }

  /** The token, if it can stand in a header. */
  static String usable(String token, Path file) throws IOException {
    if (token.isEmpty() || !token.chars().allMatch(c -> c > ' ' && c < 0x7f)) {
      throw new IOException(file + " has no usable token");
    }
    return token;
  }
}
