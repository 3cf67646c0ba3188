package io.loadstar.registry;

import io.loadstar.credentials.CredentialSource;
import io.loadstar.credentials.Credentials;
import io.loadstar.oci.ImageReference;
import io.loadstar.registry.fake.TestAuthority;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Debian's docker-registry, as one may meet it. */
enum RealPeer {
  /** Over HTTP/1.1, open to all. */
  IN_THE_CLEAR(1),

  /** Over HTTP/2, by a certificate that only we trust, with a login. */
  SECURE_WITH_LOGIN(1),

  /** Behind nginx, over HTTP/2, which sends readers of blobs to a store, with a login. */
  BEHIND_NGINX(2);

  // bcrypt, cost 4, of "opensesame"
  static final String HASH = "$2b$04$.llLEOaQvvtQ3gMq.P1NEOmCLorxK1pTbpTVZil5TfseCfKkOO9Ey";
  static final CredentialSource LOGIN =
      host -> new Credentials.UsernamePassword("me", "opensesame");

  private final int hops;

  RealPeer(int hops) {
    this.hops = hops;
  }

  /** How many requests the first read of a blob costs. */
  int hops() {
    return hops;
  }

  /** Starts one. Skips the test where a program isn't installed. */
  Running start(Path directory) throws IOException, InterruptedException {
    return switch (this) {
      case IN_THE_CLEAR -> {
        DockerRegistry registry = DockerRegistry.start(directory);
        yield new Running(registry, null, registry.host());
      }
      case SECURE_WITH_LOGIN -> {
        DockerRegistry registry = DockerRegistry.startSecure(directory, "me", HASH);
        yield new Running(registry, null, registry.host());
      }
      case BEHIND_NGINX -> {
        DockerRegistry registry = DockerRegistry.startWithLogin(directory, "me", HASH);
        try {
          NginxFront nginx = NginxFront.start(directory, registry.host());
          yield new Running(registry, nginx, nginx.host());
        } catch (IOException | InterruptedException | RuntimeException e) {
          registry.close();
          throw e;
        }
      }
    };
  }

  /** How it is reached. */
  RegistryAccess access(RegistryTraffic traffic) {
    RegistryAccess usual = RegistryAccess.defaults().withTraffic(traffic);
    if (this == IN_THE_CLEAR) {
      return usual.withCredentials(CredentialSource.anonymous());
    }
    Map<String, String> trust = Map.of("SSL_CERT_FILE", TestAuthority.rootFile().toString());
    return usual
        .withPlainHttp(host -> false)
        .withNetwork(usual.network().withEnvironment(trust))
        .withCredentials(LOGIN);
  }

  /**
   * The processes.
   *
   * @param nginx in front of the registry, if there is one
   * @param host and port, where it is reached
   */
  record Running(DockerRegistry registry, @Nullable NginxFront nginx, String host)
      implements AutoCloseable {

    ImageReference image(String repositoryAndTag) {
      return ImageReference.parse(host + "/" + repositoryAndTag);
    }

    @Override
    public void close() {
      if (nginx != null) {
        nginx.close();
      }
      registry.close();
    }
  }
}
