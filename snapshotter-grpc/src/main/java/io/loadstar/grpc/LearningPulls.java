package io.loadstar.grpc;

import com.google.protobuf.InvalidProtocolBufferException;
import io.grpc.Status;
import io.loadstar.api.cri.v1.AuthConfig;
import io.loadstar.api.cri.v1.PullImageRequest;
import io.loadstar.credentials.Credentials;
import io.loadstar.credentials.LearntCredentials;
import io.loadstar.credentials.PulledRepositories;
import io.loadstar.oci.ImageReference;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.Locale;
import java.util.Set;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Learns from requests to pull images with what credentials that is done. Thread-safe; blocks while
 * they are written. A request that can't be read is none of its business: containerd says why.
 *
 * <p>The fields of {@code AuthConfig} count in the order in which containerd's CRI reads them, its
 * {@code registry_token} last, which containerd doesn't read.
 */
final class LearningPulls {

  private static final Logger log = LoggerFactory.getLogger(LearningPulls.class);

  private static final String DOCKER_HUB = "docker.io";
  private static final Set<String> DOCKER_HUB_SERVERS =
      Set.of("index.docker.io", "registry-1.docker.io");

  private final LearntCredentials learnt;

  LearningPulls(LearntCredentials learnt) {
    this.learnt = learnt;
  }

  /**
   * Learns from a {@code PullImageRequest}.
   *
   * @return is told how the pull ends
   */
  Consumer<Status> learn(byte[] message) {
    try {
      PullImageRequest request = PullImageRequest.parseFrom(message);
      Credentials credentials = credentials(request.getAuth());
      if (!(credentials instanceof Credentials.Anonymous)) {
        ImageReference image = ImageReference.parse(request.getImage().getImage());
        String host = host(request.getAuth().getServerAddress(), image);
        return learn(host, image.repository(), credentials);
      }
    } catch (InvalidProtocolBufferException | IllegalArgumentException e) {
      // Not with its message, which may quote the request.
      log.debug("a PullImage that can't be read is passed on");
    }
    return status -> {};
  }

  private Consumer<Status> learn(String host, String repository, Credentials credentials) {
    PulledRepositories.Pull pull = learnt.pullOf(repository);
    try {
      learnt.learn(host, repository, credentials);
    } catch (IOException e) {
      log.atWarn()
          .addKeyValue("error", e.toString())
          .log("credentials of a pull can't be kept: they are lost when the daemon is restarted");
    }
    return status -> {
      if (status.isOk()) {
        pull.succeeded();
      } else {
        pull.failed();
      }
    };
  }

  private static Credentials credentials(AuthConfig auth) {
    if (!auth.getUsername().isEmpty()) {
      return new Credentials.UsernamePassword(auth.getUsername(), auth.getPassword());
    }
    if (!auth.getIdentityToken().isEmpty()) {
      return new Credentials.IdentityToken(auth.getIdentityToken());
    }
    if (!auth.getAuth().isEmpty()) {
      return decoded(auth.getAuth());
    }
    return auth.getRegistryToken().isEmpty()
        ? new Credentials.Anonymous()
        : new Credentials.RegistryToken(auth.getRegistryToken());
  }

  private static Credentials decoded(String encoded) {
    String pair = new String(Base64.getDecoder().decode(encoded), StandardCharsets.UTF_8);
    int colon = pair.indexOf(':');
    if (colon < 0) {
      throw new IllegalArgumentException("auth isn't name:password");
    }
    // Old dockers ended the password with a NUL.
    return new Credentials.UsernamePassword(
        pair.substring(0, colon), pair.substring(colon + 1).replace("\0", ""));
  }

  /** The registry that they are for: the server they name, where they name one. */
  private static String host(String server, ImageReference image) {
    if (server.isEmpty()) {
      return image.host();
    }
    int scheme = server.indexOf("://");
    String rest = scheme < 0 ? server : server.substring(scheme + "://".length());
    int slash = rest.indexOf('/');
    String host = (slash < 0 ? rest : rest.substring(0, slash)).toLowerCase(Locale.ROOT);
    String known = DOCKER_HUB_SERVERS.contains(host) ? DOCKER_HUB : host;
    return new ImageReference(known, image.repository(), image.tag(), image.digest()).host();
  }
}
