package io.loadstar.registry;

import io.loadstar.blob.Digest;
import io.loadstar.oci.ImageReference;
import io.loadstar.oci.MalformedReferenceException;
import io.loadstar.registry.hosts.ConfiguredHost;
import io.loadstar.registry.hosts.HostCapability;
import java.net.URI;
import java.net.URISyntaxException;
import java.util.ArrayList;
import java.util.List;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * A server that answers for a registry: itself or a mirror. Immutable.
 *
 * @param registry the registry as references name it; credentials are kept under this name or, for
 *     a mirror, the mirror's own
 * @param base the root of the server's API, with a slash at its end
 * @param upstream the registry that a mirror is asked to serve ({@code ?ns=}), or null
 * @param configured how it is spoken to
 */
record RegistryHost(
    String registry, HttpUrl base, @Nullable String upstream, ConfiguredHost configured) {

  private static final String DOCKER_HUB = "docker.io";
  private static final String DOCKER_HUB_SERVER = "registry-1.docker.io";

  /**
   * The hosts that {@code reference}'s registry has for this, in their order.
   *
   * @throws RegistryException if there is none
   */
  static List<RegistryHost> of(
      ImageReference reference, HostCapability capability, RegistryAccess access)
      throws RegistryException {
    String registry = reference.host();
    List<RegistryHost> hosts = new ArrayList<>();
    for (ConfiguredHost configured : access.hosts().find(registry, usual(registry, access))) {
      if (configured.can(capability)) {
        hosts.add(of(registry, configured));
      }
    }
    if (hosts.isEmpty()) {
      throw Failures.nobody(registry, capability);
    }
    return hosts;
  }

  /** The first host that takes content. */
  static RegistryHost toWrite(ImageReference reference, RegistryAccess access)
      throws RegistryException {
    return of(reference, HostCapability.PUSH, access).getFirst();
  }

  private static RegistryHost of(String registry, ConfiguredHost configured) {
    HttpUrl base = HttpUrl.parse(configured.base() + "/");
    if (base == null) {
      throw new MalformedReferenceException("host " + configured.base() + " of " + registry);
    }
    String own = authority(base);
    boolean itself =
        own.equals(registry)
            || authority(configured).equals(registry)
            || (registry.equals(DOCKER_HUB) && own.equals(DOCKER_HUB_SERVER));
    return new RegistryHost(itself ? registry : own, base, itself ? null : registry, configured);
  }

  private static String authority(ConfiguredHost configured) {
    return configured.base().getRawAuthority();
  }

  private static ConfiguredHost usual(String registry, RegistryAccess access) {
    String server = registry.equals(DOCKER_HUB) ? DOCKER_HUB_SERVER : registry;
    String scheme = access.plainHttp().allows(server) ? "http" : "https";
    HttpUrl url = HttpUrl.parse(scheme + "://" + server + "/v2");
    if (url == null || !url.encodedPath().equals("/v2") || !url.encodedUsername().isEmpty()) {
      throw new MalformedReferenceException("registry " + server + " is no host or has no port");
    }
    try {
      return ConfiguredHost.usual(new URI(scheme + "://" + server + "/v2"));
    } catch (URISyntaxException e) {
      throw new MalformedReferenceException("registry " + server + " is no host or has no port");
    }
  }

  HttpUrl manifest(ImageReference image) {
    return manifest(image, image.selector());
  }

  HttpUrl manifest(ImageReference image, String selector) {
    return url(image, "manifests").addPathSegment(selector).build();
  }

  HttpUrl blob(ImageReference image, Digest digest) {
    return url(image, "blobs").addPathSegment(digest.toString()).build();
  }

  HttpUrl.Builder uploads(ImageReference image) {
    return url(image, "blobs").addPathSegments("uploads/");
  }

  /** Whether {@code url} is on this very server, so that it may see its credentials. */
  boolean owns(HttpUrl url) {
    return origin(url).equals(origin(base));
  }

  /** Scheme, host and port. */
  String origin() {
    return origin(base);
  }

  /** The server's name for people and counters, with its port where that isn't the usual one. */
  static String authority(HttpUrl url) {
    String host = url.host().indexOf(':') >= 0 ? "[" + url.host() + "]" : url.host();
    return url.port() == HttpUrl.defaultPort(url.scheme()) ? host : host + ":" + url.port();
  }

  private static String origin(HttpUrl url) {
    return url.scheme() + "://" + authority(url);
  }

  HttpUrl referrers(ImageReference image, Digest subject) {
    return url(image, "referrers").addPathSegment(subject.toString()).build();
  }

  private HttpUrl.Builder url(ImageReference image, String kind) {
    HttpUrl.Builder url =
        base.newBuilder().addPathSegments(image.repository()).addPathSegment(kind);
    return upstream == null ? url : url.addQueryParameter("ns", upstream);
  }
}
