package io.loadstar.registry;

import io.loadstar.oci.ImageReference;
import io.loadstar.oci.MalformedReferenceException;
import java.util.ArrayList;
import java.util.List;
import okhttp3.HttpUrl;
import org.jspecify.annotations.Nullable;

/**
 * A server that answers for a registry: itself or a mirror. Immutable.
 *
 * @param registry the registry as references name it; credentials are kept under this name or, for
 *     a mirror, the mirror's own
 * @param base the server's {@code /v2/}
 * @param upstream the registry that a mirror is asked to serve ({@code ?ns=}), or null
 */
record RegistryHost(String registry, HttpUrl base, @Nullable String upstream) {

  private static final String DOCKER_HUB = "docker.io";
  private static final String DOCKER_HUB_SERVER = "registry-1.docker.io";

  /** The hosts to read {@code reference} from: mirrors in their order, the registry itself last. */
  static List<RegistryHost> toRead(ImageReference reference, RegistryAccess access) {
    List<RegistryHost> hosts = new ArrayList<>();
    for (Mirror mirror : access.mirrors().getOrDefault(reference.host(), List.of())) {
      boolean plain =
          mirror.protection() == Mirror.Protection.NONE || access.plainHttp().allows(mirror.host());
      HttpUrl base = base(mirror.host(), plain ? "http" : "https");
      boolean same = mirror.host().equals(reference.host());
      hosts.add(new RegistryHost(mirror.host(), base, same ? null : reference.host()));
    }
    hosts.add(toWrite(reference, access));
    return hosts;
  }

  /** The registry itself. */
  static RegistryHost toWrite(ImageReference reference, RegistryAccess access) {
    String registry = reference.host();
    String server = registry.equals(DOCKER_HUB) ? DOCKER_HUB_SERVER : registry;
    String scheme = access.plainHttp().allows(server) ? "http" : "https";
    return new RegistryHost(registry, base(server, scheme), null);
  }

  HttpUrl manifest(ImageReference image) {
    return manifest(image, image.selector());
  }

  HttpUrl manifest(ImageReference image, String selector) {
    return url(image, "manifests").addPathSegment(selector).build();
  }

  HttpUrl blob(ImageReference image, io.loadstar.blob.Digest digest) {
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

  private HttpUrl.Builder url(ImageReference image, String kind) {
    HttpUrl.Builder url =
        base.newBuilder().addPathSegments(image.repository()).addPathSegment(kind);
    return upstream == null ? url : url.addQueryParameter("ns", upstream);
  }

  private static HttpUrl base(String server, String scheme) {
    HttpUrl url = HttpUrl.parse(scheme + "://" + server + "/v2/");
    if (url == null || !url.encodedPath().equals("/v2/")) {
      throw new MalformedReferenceException("registry " + server + " is no host or has no port");
    }
    return url;
  }
}
